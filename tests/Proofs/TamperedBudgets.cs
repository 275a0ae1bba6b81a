using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using Budgets.Tests.Grains;
using static Budgets.Tests.Grains.Ask;

namespace Budgets.Tests.Proofs;

/// <summary>Two budgets with a history, the first with a snapshot in it, and what they say of it: before anybody laid hands on what is stored, and after.</summary>
internal sealed class TamperedBudgets(BudgetCluster cluster)
{
    private static readonly JsonSerializerOptions Plain = new() { Converters = { new TagsAsText() } };

    private readonly AgentId[] _agents = [BudgetCluster.NewAgent(), BudgetCluster.NewAgent()];
    private readonly List<ChargeRequest> _asked = [];
    private readonly List<string?> _told = [];

    public async Task Live()
    {
        foreach (var (agent, batches) in _agents.Zip((int[])[45, 2]))
        {
            var budget = await cluster.Open(Usd(1_000_000), agent);
            for (var batch = 0; batch < batches; batch++)
            {
                ChargeRequest[] charges = [.. Enumerable.Range(0, 100).Select(i => Charge(0.01m) with { Purpose = new Purpose($"model-{i % 3}", Tags: ["t"]) })];
                _asked.Add(charges[batch % 100]);
                await budget.ChargeMany([.. charges]);
                if (batch % 5 == 1)
                {
                    var (open, settled, released) = (Hold(1, ttl: 60), Hold(2), Hold(3));
                    await budget.Hold(open);
                    await budget.Hold(settled);
                    await budget.Hold(released);
                    await budget.Settle(new SettleRequest(settled.Id, Usd(1.5m), Purpose.None));
                    await budget.Release(new ReleaseRequest(released.Id));
                    cluster.Clock.Advance(TimeSpan.FromHours(5));
                }
            }

            await budget.Hold(Hold(4, ttl: 86_400));
        }

        foreach (var agent in _agents)
        {
            _told.AddRange(await Tell(agent));
        }
    }

    /// <summary>After a restart: what is told is what was told before, or nothing is. What is proved wrong is proved wrong in words.</summary>
    /// <returns>What the proofs found.</returns>
    public async Task<List<string>> Check()
    {
        List<string> found = [];
        var (differs, at) = (false, 0);
        foreach (var agent in _agents)
        {
            await cluster.Deactivate(cluster.Budget(agent));
            foreach (var answer in await Tell(agent))
            {
                differs |= answer is not null && answer != _told[at];
                at++;
            }

            found.AddRange(await Prove(agent) is { } fault ? [fault] : []);
        }

        if (differs)
        {
            found.Add(Wrong);
        }

        return found;
    }

    public const string Wrong = "Something else is told than before.";

    /// <summary>The balances, a page from the middle of the ledger, usage, and the first answer to an old request; null: the budget is shut.</summary>
    private async Task<List<string?>> Tell(AgentId agent)
    {
        var budget = cluster.Budget(agent);
        List<string?> told = [];
        Func<Task<object?>>[] questions =
        [
            async () => await budget.GetBudget(),
            async () => await budget.GetLedger(new LedgerQuery(300, Before: 400)),
            async () => await budget.GetLedger(new LedgerQuery(20)),
            async () => await budget.GetUsage(UsagePeriod.Last30Days),
            async () => agent == _agents[0] ? await budget.Charge(_asked[0]) : null,
            async () => agent == _agents[0] ? await budget.Charge(_asked[^4]) : null,
        ];
        foreach (var question in questions)
        {
            try
            {
                told.Add(JsonSerializer.Serialize(await question(), Plain));
            }
            catch (Exception e) when (e is JournalCorruptException or StoreUnavailableException)
            {
                told.Add(null);
            }
        }

        return told;
    }

    /// <summary>No tags are no array.</summary>
    private sealed class TagsAsText : JsonConverter<ImmutableArray<string>>
    {
        public override ImmutableArray<string> Read(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options) => throw new NotSupportedException();

        public override void Write(Utf8JsonWriter writer, ImmutableArray<string> value, JsonSerializerOptions options) =>
            writer.WriteStringValue(value.IsDefault ? null : string.Join('|', value));
    }

    private async Task<string?> Prove(AgentId agent)
    {
        var proof = cluster.Grains.GetGrain<IProofGrain>(ProofKey.Of(agent, Base62.Random("", 20)));
        try
        {
            ProofStep step;
            do
            {
                step = await proof.Go();
            }
            while (!step.IsDone);
            return step.Fault is { } fault ? $"{fault.Seq}: {fault.What}" : null;
        }
        catch (StoreUnavailableException e)
        {
            return e.Message;
        }
    }
}
