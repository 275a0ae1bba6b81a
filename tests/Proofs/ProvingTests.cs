using System.Collections.Immutable;
using Budgets.Journal;
using Budgets.Ledger;
using Budgets.Proofs;
using Budgets.Tests.Grains;
using Budgets.Tests.Http;
using Budgets.Tests.Ledger;
using Budgets.Tests.Model;
using CsCheck;
using static Budgets.Tests.Grains.Ask;

namespace Budgets.Tests.Proofs;

/// <summary>What a proof proves, beyond what a byte here and there would show: it is not satisfied with hashes that fit.</summary>
[Collection(Api.Name)]
public sealed class ProvingTests(Api api)
{
    [Fact]
    public async Task Whatever_a_budget_has_been_through_is_proved() => await Step.Sequences(120).SampleAsync(async steps =>
    {
        var paper = new PaperSubject();
        await ModelRun.Take(paper, steps, thorough: false, []);
        var proving = new Proving(paper.Agent);
        foreach (var row in Rows(paper.Events))
        {
            proving.Take(row).Should().BeNull();
        }

        proving.State.Seq.Should().Be(paper.Events.Count);
    }, iter: 100, threads: 1);

    /// <summary>A forger who can compute hashes can still not make an entry say what it does not lead to.</summary>
    [Fact]
    public void A_forged_entry_with_hashes_that_fit_is_named()
    {
        var book = Passbook.Daily(25);
        book.Charge(5);
        book.Hold(2);
        book.Charge(1);
        book.Settle(1.5m);

        Fault(Forged(book, 2, (Charged c) => c with { Amount = Usd(3) })).Should().BeEquivalentTo(new { Seq = 3, book.Entries[2].At });
        Fault(Forged(book, 2, (Charged c) => c with { After = [.. c.After.Select(a => a with { Spent = Usd(4) })] }))!.Seq.Should().Be(3);
        Fault(Forged(book, 3, (Held h) => h with { Amount = Usd(1) }))!.Seq.Should().Be(4);
        Fault(Forged(book, 4, (Charged c) => c with { At = c.At.AddDays(-1) }))!.What.Should().Contain("older");
        Fault(Forged(book, 4, (Charged c) => c with { Key = new IdempotencyKey("another") }, refiled: false))!.What.Should().Contain("filed");
        Fault([.. book.Entries])!.Should().BeNull();
    }

    [Fact]
    public void A_row_that_is_left_out_is_missed()
    {
        var book = Passbook.Daily(25);
        book.Charge(5);
        book.Charge(1);
        var rows = Rows(book.Entries).ToList();
        var proving = new Proving(Passbook.Agent);
        proving.Take(rows[0]).Should().BeNull();

        proving.Take(rows[2])!.Seq.Should().Be(2);
    }

    [Fact]
    public void A_budget_that_goes_by_something_else_is_told()
    {
        var book = Passbook.Daily(25);
        book.Charge(5);
        book.Hold(2);
        var proving = new Proving(Passbook.Agent);
        foreach (var row in Rows(book.Entries))
        {
            proving.Take(row);
        }

        var head = new LedgerHead(book.State.Seq, book.State.Balances(), 1, null);
        proving.Against(head).Should().BeNull();
        proving.Against(head with { OpenHolds = 0 }).Should().NotBeNull();
        proving.Against(head with { Balances = [.. head.Balances.Select(b => b with { Spent = Usd(4) })] }).Should().NotBeNull();
    }

    [Fact]
    public async Task A_ledger_is_proved_over_REST_by_whoever_may_read_it()
    {
        var parent = await api.NewAgent("""{"daily_limit":25}""");
        var agent = await Family.Child(api, parent);
        await agent.Charge("1.25");
        await agent.Reserved("2.00");
        var spender = await api.KeyFor(agent, """["spend"]""");

        var own = await spender.Get("/v1/agents/ledger/verify");
        var above = await parent.Get($"/v1/agents/{agent.Id}/ledger/verify");

        own.Status.Should().Be(200, own.Text);
        own["verified"].GetBoolean().Should().BeTrue(own.Text);
        own["first_fault"].ValueKind.Should().Be(System.Text.Json.JsonValueKind.Null);
        own["head_hash"].GetString().Should().MatchRegex("^[0-9a-f]{64}$");
        own["entries"].GetInt64().Should().BeGreaterThanOrEqualTo((await agent.Get("/v1/agents/ledger?limit=1"))["data"][0].GetProperty("seq").GetInt64());
        above["verified"].GetBoolean().Should().BeTrue();
        (await parent.Get("/v1/agents/ledger/verify"))["verified"].GetBoolean().Should().BeTrue("what descendants have drawn is proved too");
        (await api.NewAgent()).Should().NotBeNull();
        (await (await api.NewAgent()).Get($"/v1/agents/{agent.Id}/ledger/verify")).Status.Should().Be(404);
        (await api.Operator.Get("/v1/agents/agent_00000000000000000000/ledger/verify")).Status.Should().Be(404);
    }

    /// <summary>While one is being proved, its budget goes on: what comes meanwhile is for the next proof.</summary>
    [Fact]
    public async Task A_proof_is_of_what_was_there_when_it_began_and_nobody_waits_for_it()
    {
        await using var cluster = await BudgetCluster.Start(new MemoryJournalStore());
        var budget = await cluster.Open(Usd(1_000_000));
        for (var batch = 0; batch < 150; batch++)
        {
            await budget.ChargeMany([.. Enumerable.Range(0, IBudgetGrain.MaxBatch).Select(_ => Charge(0.01m))]);
        }

        var proof = cluster.Grains.GetGrain<IProofGrain>(ProofKey.Of(new AgentId(Orleans.GrainExtensions.GetPrimaryKeyString(budget)), "a"));
        var (steps, step) = (1, await proof.Go());
        var began = (await budget.GetHead())!.Seq;
        while (!step.IsDone)
        {
            (await budget.Charge(Charge(0.01m))).Outcome.Should().Be(Outcome.Accepted);
            (steps, step) = (steps + 1, await proof.Go());
        }

        steps.Should().BeGreaterThan(1, "so many entries take more than a quarter of a second");
        (step.Fault, step.Entries).Should().Be((null, began));
        (await budget.GetHead())!.Seq.Should().BeGreaterThan(began);
    }

    private static LedgerFault? Fault(IReadOnlyList<BudgetEvent> events) => Fault(Rows(events));

    private static LedgerFault? Fault(IEnumerable<FiledRow> rows)
    {
        var proving = new Proving(Passbook.Agent);
        return rows.Select(proving.Take).FirstOrDefault(f => f is not null);
    }

    private static List<FiledRow> Forged<T>(Passbook book, int place, Func<T, T> forge, bool refiled = true)
        where T : BudgetEvent
    {
        var events = book.Entries.ToList();
        var before = Rows(events);
        events[place] = forge((T)events[place]);
        return refiled ? Rows(events) : [.. Rows(events).Zip(before, (forged, honest) => forged with { Filings = honest.Filings })];
    }

    /// <summary>A row for every event, as a store would have them.</summary>
    private static List<FiledRow> Rows(IReadOnlyList<BudgetEvent> events)
    {
        var rows = new List<FiledRow>();
        var hash = HashChain.Root;
        foreach (var (i, e) in events.Index())
        {
            var content = new System.Buffers.ArrayBufferWriter<byte>();
            BudgetCodec.Instance.Encode([e], content);
            var filings = ImmutableArray.CreateBuilder<Filing>();
            BudgetCodec.Instance.File(e, i + 1, filings);
            hash = HashChain.Next(hash.Span, content.WrittenSpan);
            rows.Add(new FiledRow(new JournalRow(i + 1, 1, content.WrittenMemory, hash), filings.ToImmutable()));
        }

        return rows;
    }
}
