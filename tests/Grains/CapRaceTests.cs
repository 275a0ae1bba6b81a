using System.Collections.Immutable;
using Budgets.Journal;
using static Budgets.Tests.Grains.Ask;

namespace Budgets.Tests.Grains;

/// <summary>A thousand at once, at a limit that fits some of them.</summary>
public sealed class CapRaceTests : IAsyncLifetime
{
    private const int Crowd = 1_000;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly MemoryJournalStore _store = new();
    private BudgetCluster _cluster = null!;

    public async Task InitializeAsync() => _cluster = await BudgetCluster.Start(_store);

    public async Task DisposeAsync() => await _cluster.DisposeAsync();

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(100)]
    [InlineData(999)]
    [InlineData(1_000)]
    public async Task Of_a_thousand_charges_at_once_exactly_as_many_as_fit_are_admitted(int k)
    {
        for (var round = 0; round < 4; round++)
        {
            var budget = await _cluster.Open(Usd(0.1m * k));

            var outcomes = await AllAtOnce(_ => budget.Charge(Charge(0.1m)));

            outcomes.Count(o => o.Outcome == Outcome.Accepted).Should().Be(k);
            outcomes.Where(o => o.Receipt is null).Select(o => (o.Outcome, o.Refusal!.Standing!.Type, o.Refusal.Standing.Spent)).Distinct().Should()
                .BeSubsetOf([(Outcome.BudgetExceeded, LimitType.Daily, Usd(0.1m * k))]);
            (await budget.Daily()).Should().BeEquivalentTo(new { Spent = Usd(0.1m * k), Held = Money.Zero });
            (await budget.Ledger()).Count(e => e.Kind == EntryKind.Charge).Should().Be(k);
        }
    }

    [Theory]
    [InlineData(3)]
    [InlineData(250)]
    public async Task Of_a_thousand_holds_at_once_exactly_as_many_as_fit_are_admitted(int k)
    {
        var budget = await _cluster.Open(Usd(0.1m * k) + new Money(99_999_999));

        var outcomes = await AllAtOnce(_ => budget.Hold(Hold(0.1m)));

        outcomes.Count(o => o.Outcome == Outcome.Accepted).Should().Be(k);
        (await budget.Daily()).Should().BeEquivalentTo(new { Spent = Money.Zero, Held = Usd(0.1m * k) });
    }

    [Theory]
    [InlineData(10, 333)]
    [InlineData(1_000, 7_777)]
    public async Task Of_batches_at_once_exactly_as_many_charges_as_fit_are_admitted(int size, int k)
    {
        var budget = await _cluster.Open(Usd(0.1m * k));

        var batches = await Task.WhenAll(Enumerable.Range(0, 10_000 / size).Select(_ => Task.Run(
            async () => await budget.ChargeMany([.. Enumerable.Range(0, size).Select(_ => Charge(0.1m))]))));

        batches.Should().OnlyContain(b => b.Length == size);
        batches.Sum(b => b.Count(o => o.Outcome == Outcome.Accepted)).Should().Be(k);
        (await budget.Daily()).Spent.Should().Be(Usd(0.1m * k));
    }

    [Fact]
    public async Task Holds_that_end_in_every_way_never_add_up_to_more_than_the_limit()
    {
        var limit = Usd(100);
        var budget = await _cluster.Open(limit);

        var receipts = (await AllAtOnce(async i =>
        {
            var hold = Hold(1);
            if ((await budget.Hold(hold)).Receipt is not { } held)
            {
                return [];
            }

            var end = i % 3 == 0
                ? await budget.Release(new ReleaseRequest(hold.Id))
                : await budget.Settle(new SettleRequest(hold.Id, Usd(i % 3 == 1 ? 1 : 0.25m), Purpose.None));
            return new[] { held, end.Receipt! };
        })).SelectMany(r => r).ToList();

        receipts.SelectMany(r => r.Balances).Should().OnlyContain(b => b.Spent + b.Held <= limit);
        var left = limit - (await budget.Ledger()).Spent();
        (await budget.Daily()).Should().BeEquivalentTo(new { Spent = limit - left, Held = Money.Zero });
        (await budget.Charge(Charge(left.InDollars) with { Amount = left + new Money(1) })).Outcome.Should().Be(Outcome.BudgetExceeded);
        (await budget.Charge(Charge(left.InDollars))).Outcome.Should().Be(left == Money.Zero ? Outcome.BudgetExceeded : Outcome.Accepted, "what came back can be spent to the last nano");
    }

    [Fact]
    public async Task A_cap_of_zero_blocks_everything()
    {
        var budget = await _cluster.Open(Money.Zero);

        var outcomes = await AllAtOnce(i => i % 2 == 0 ? budget.Charge(Charge(i % 10 == 0 ? 0 : 0.000000001m * i)) : budget.Hold(Hold(i % 5 == 0 ? 0 : 0.01m * i)));
        var batch = await budget.ChargeMany([Charge(0), Charge(1), Charge(0)]);

        outcomes.Concat(batch).Should().OnlyContain(o => o.Outcome == Outcome.BudgetExceeded);
        (await budget.Decide(Money.Zero)).Outcome.Should().Be(Outcome.BudgetExceeded);
        (await budget.Ledger()).Should().OnlyContain(e => e.Kind == EntryKind.Config, "a refusal writes nothing");
    }

    [Fact]
    public async Task The_same_key_a_thousand_times_at_once_has_one_effect_and_one_answer()
    {
        var budget = await _cluster.Open(Usd(1));

        var charges = await AllAtOnce(_ => budget.Charge(Charge(0.6m, "charge")));
        var holds = await AllAtOnce(_ => budget.Hold(Hold(0.3m, "hold")));

        foreach (var outcomes in (SpendOutcome[][])[charges, holds])
        {
            outcomes.Should().OnlyContain(o => o.Outcome == Outcome.Accepted);
            outcomes.Count(o => !o.Replayed).Should().Be(1);
            outcomes.Select(o => (o.Receipt!.Id, o.Receipt.Seq, o.Receipt.At, string.Join(',', o.Receipt.Balances))).Distinct().Should().ContainSingle();
        }

        (await budget.Daily()).Should().BeEquivalentTo(new { Spent = Usd(0.6m), Held = Usd(0.3m) });
    }

    [Fact]
    public async Task The_same_key_with_two_bodies_at_once_has_one_effect_and_the_other_is_told_so()
    {
        for (var round = 0; round < 10; round++)
        {
            var budget = await _cluster.Open(Usd(10));

            var outcomes = await AllAtOnce(i => budget.Charge(Charge(1 + (i % 2), "key")));

            var won = outcomes.Where(o => o.Outcome == Outcome.Accepted).Select(o => o.Receipt!.Amount).Distinct().Should().ContainSingle().Subject;
            outcomes.Where((_, i) => Usd(1 + (i % 2)) == won).Should().OnlyContain(o => o.Outcome == Outcome.Accepted);
            outcomes.Where((_, i) => Usd(1 + (i % 2)) != won).Should().OnlyContain(o => o.Outcome == Outcome.IdempotencyKeyReused);
            (await budget.Daily()).Spent.Should().Be(won);
        }
    }

    /// <summary>A state forgets old keys, and may do so in the middle of a batch.</summary>
    [Fact]
    public async Task A_key_twice_in_one_batch_has_one_effect_however_far_apart()
    {
        for (var known = 0; known < 1_280; known += 32)
        {
            var budget = await _cluster.Open(Usd(100_000));
            await budget.ChargeMany([.. Enumerable.Range(0, Math.Min(known, 1_000)).Select(_ => Charge(0))]);
            await budget.ChargeMany([.. Enumerable.Range(0, Math.Max(0, known - 1_000)).Select(_ => Charge(0))]);

            var outcomes = await budget.ChargeMany([Charge(1, "twice"), .. Enumerable.Range(0, 998).Select(_ => Charge(0.001m)), Charge(1, "twice")]);

            outcomes[^1].Should().BeEquivalentTo(new { Outcome = Outcome.Accepted, Replayed = true, Receipt = new { outcomes[0].Receipt!.Seq } }, $"{known} keys were known before");
            (await budget.Daily()).Spent.Should().Be(Usd(1.998m));
        }
    }

    [Fact]
    public async Task A_key_that_a_batch_makes_the_state_forget_is_not_new_to_it()
    {
        for (var known = 0; known < 1_000; known += 64)
        {
            var budget = await _cluster.Open(Usd(100_000));
            var first = await budget.Charge(Charge(1, "old"));
            await budget.ChargeMany([.. Enumerable.Range(0, known).Select(_ => Charge(0))]);

            var outcomes = await budget.ChargeMany([.. Enumerable.Range(0, 999).Select(_ => Charge(0.001m)), Charge(1, "old")]);

            outcomes[^1].Should().BeEquivalentTo(new { Outcome = Outcome.Accepted, Replayed = true, Receipt = new { first.Receipt!.Seq } }, $"{known} keys are newer");
            (await budget.Daily()).Spent.Should().Be(Usd(1.999m));
        }
    }

    /// <summary>What was looked up at the start of a batch may have been used, and forgotten, before its end is looked up.</summary>
    [Fact]
    public async Task A_key_used_while_a_batch_is_looked_up_has_one_effect()
    {
        var gate = new GatedFind(_store);
        await using var cluster = await BudgetCluster.Start(gate);
        var budget = await cluster.Open(Usd(100_000));
        await Fill(budget, 1_000);
        await Fill(budget, 1_000);
        gate.Close(new IdempotencyKey("last"));
        var batch = budget.ChargeMany([Charge(1, "contested"), Charge(1, "last")]).AsTask();
        await gate.Reached;

        var first = await budget.Charge(Charge(1, "contested"));
        await Fill(budget, 1_000);
        await Fill(budget, 1_000);
        gate.Open();

        (await batch)[0].Should().BeEquivalentTo(new { Outcome = Outcome.Accepted, Replayed = true, Receipt = new { first.Receipt!.Id } });
        (await budget.Daily()).Spent.Should().Be(Usd(2));
    }

    /// <summary>The same, where the batch's own charges make the state forget it before its turn.</summary>
    [Fact]
    public async Task A_key_used_while_a_batch_is_looked_up_is_not_new_at_its_end()
    {
        for (var newer = 1; newer < 256; newer += 50)
        {
            var gate = new GatedFind(_store);
            await using var cluster = await BudgetCluster.Start(gate);
            var budget = await cluster.Open(Usd(100_000));
            await Fill(budget, 1_000);
            await Fill(budget, 1_000);
            gate.Close(new IdempotencyKey("last"));
            var batch = budget.ChargeMany([.. Enumerable.Range(0, 998).Select(_ => Charge(0)), Charge(1, "contested"), Charge(1, "last")]).AsTask();
            await gate.Reached;

            var first = await budget.Charge(Charge(1, "contested"));
            await Fill(budget, newer);
            gate.Open();

            (await batch)[998].Should().BeEquivalentTo(new { Outcome = Outcome.Accepted, Replayed = true, Receipt = new { first.Receipt!.Id } }, $"{newer} keys are newer");
            (await budget.Daily()).Spent.Should().Be(Usd(2));
        }
    }

    /// <summary>A store that answers slowly, and a budget so busy that with each answer the state has forgotten something.</summary>
    [Fact]
    public async Task A_batch_is_booked_however_much_is_forgotten_while_it_is_looked_up()
    {
        var busy = new BusyFind(_store);
        await using var cluster = await BudgetCluster.Start(busy);
        var budget = await cluster.Open(Usd(100_000));
        await Fill(budget, 1_000);
        await Fill(budget, 1_000);
        busy.Before([new("a"), new("b")], () => Fill(budget, 300));

        var batch = await budget.ChargeMany([Charge(1, "a"), Charge(1, "b")]).AsTask().WaitAsync(Patience);

        batch.Should().OnlyContain(o => o.Outcome == Outcome.Accepted && !o.Replayed);
        (await budget.Daily()).Spent.Should().Be(Usd(2));
    }

    [Fact]
    public async Task A_budget_that_forgets_faster_than_its_index_answers_says_that_it_is_overloaded()
    {
        var busy = new BusyFind(_store);
        await using var cluster = await BudgetCluster.Start(busy);
        var budget = await cluster.Open(Usd(100_000));
        await Fill(budget, 1_000);
        await Fill(budget, 1_000);
        busy.Before([new("a"), new("b")], async () =>
        {
            await Fill(budget, 1_000);
            await Fill(budget, 1_000);
        });

        await budget.Awaiting(b => b.ChargeMany([Charge(1, "a"), Charge(1, "b")]).AsTask().WaitAsync(Patience)).Should().ThrowAsync<OverloadedException>();
        await budget.Awaiting(b => b.Charge(Charge(1, "a")).AsTask().WaitAsync(Patience)).Should().ThrowAsync<OverloadedException>();

        busy.Calm();
        (await budget.ChargeMany([Charge(1, "a"), Charge(1, "b")])).Should().OnlyContain(o => o.Outcome == Outcome.Accepted && !o.Replayed, "nothing was done before");
    }

    private static async Task Fill(IBudgetGrain budget, int keys) =>
        (await budget.ChargeMany([.. Enumerable.Range(0, keys).Select(_ => Charge(0))])).Should().OnlyContain(o => o.Outcome == Outcome.Accepted);

    private static async Task<T[]> AllAtOnce<T>(Func<int, ValueTask<T>> ask) => await Task.WhenAll(Enumerable.Range(0, Crowd).Select(i => Task.Run(async () => await ask(i))));
}
