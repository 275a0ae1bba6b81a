using System.Collections.Immutable;

namespace Budgets.Tests.Pricing;

/// <summary>Budgets that are told usage and no amount.</summary>
public sealed class PricedBudgetTests : IAsyncLifetime
{
    // gpt-5: $1.25 and $10 for a million.
    private static readonly TokenUsage Usage = new(InputTokens: 800_000, OutputTokens: 100_000);

    private PriceCluster _cluster = null!;
    private IBudgetGrain _budget = null!;

    public async Task InitializeAsync()
    {
        _cluster = await PriceCluster.Start();
        _budget = await _cluster.Open(new Limits(Daily: Priced.Usd(100)));
    }

    public async Task DisposeAsync() => await _cluster.DisposeAsync();

    private static ChargeRequest Charge(string model = "gpt-5", string? key = null, TokenUsage? usage = null) => new(
        new ChargeId(Base62.Random(ChargeId.Prefix, 20)), default, new Purpose(model, Usage: usage ?? Usage), new IdempotencyKey(key ?? Base62.Random("key-", 20)), Price: new PriceTag());

    private static HoldRequest Hold(string? model = "gpt-5", int seconds = 600) => new(
        new HoldId(Base62.Random(HoldId.Prefix, 20)), default, new Purpose(model, Usage: Usage), new IdempotencyKey(Base62.Random("key-", 20)), seconds, new PriceTag());

    private Task<SetPriceOutcome> Set(decimal input) => _cluster.Prices.Set(Priced.Override("gpt-5", Priced.Rates(input: input, output: 10)));

    private void Later() => _cluster.Clock.Advance(TimeSpan.FromSeconds(2));

    [Fact]
    public async Task A_replay_is_the_first_answer_whatever_has_become_of_the_price()
    {
        var request = Charge(key: "k");
        var first = await _budget.Charge(request);
        first.Receipt!.Amount.Should().Be(Money.Dollars(2));

        await Set(5);
        Later();
        (await _budget.Charge(request)).Should().BeEquivalentTo(first with { Replayed = true });
        (await _budget.Charge(Charge())).Receipt!.Should().BeEquivalentTo(new { Amount = Money.Dollars(5), PriceVersion = "gpt-5@operator-1" });

        await _cluster.Prices.Set(Priced.Override("gpt-5", Priced.Rates(image: 1)));
        Later();
        (await _budget.Charge(request)).Should().BeEquivalentTo(first with { Replayed = true }, "without any price it is still the same request");
        (await _budget.Charge(Charge())).Outcome.Should().Be(Outcome.PriceUnknown);
    }

    [Fact]
    public async Task A_call_that_was_made_shorter_is_held_for_once_however_often_it_is_asked_for()
    {
        // Its longest answer would cost $1.28.
        var budget = await _cluster.Open(new Limits(Daily: Priced.Usd(0.5m)));
        var now = _cluster.Clock.GetUtcNow();
        var request = new CallRequest(
            Hold() with { Purpose = new Purpose("gpt-5") },
            new CallOutline("gpt-5", 100, 0, IsOpenEnded: false, HasWindow: true, OutputTokens: null, 1, 0, now, now.AddSeconds(600)),
            MayShorten: true);

        var first = await budget.HoldCall(request);
        first.Hold!.Receipt!.Amount.InDollars.Should().BeInRange(0.49m, 0.5m);
        first.OutputTokens.Should().BeInRange(49_000, 50_000);

        // Whoever did not hear the answer is told the same.
        var again = await budget.HoldCall(request);
        again.Should().BeEquivalentTo(first with { Hold = first.Hold with { Replayed = true } });
        (await budget.GetBudget())!.OpenHolds.Should().Be(1);
    }

    [Fact]
    public async Task Other_usage_or_an_amount_is_another_request()
    {
        await _budget.Charge(Charge(key: "k"));

        (await _budget.Charge(Charge(key: "k", usage: Usage with { OutputTokens = 1 }))).Outcome.Should().Be(Outcome.IdempotencyKeyReused);
        (await _budget.Charge(Charge(key: "k") with { Price = null, Amount = Money.Dollars(2) })).Outcome.Should().Be(Outcome.IdempotencyKeyReused);
        (await _budget.Charge(Charge(key: "k") with { Price = new PriceTag(Requests: 2) })).Outcome.Should().Be(Outcome.IdempotencyKeyReused);
    }

    [Fact]
    public async Task A_caller_cannot_name_the_amount_of_usage_it_has_priced()
    {
        var cheat = Charge() with { Amount = new Money(1), Price = new PriceTag(1, "gpt-5@free") };

        (await _budget.Charge(cheat)).Receipt!.Amount.Should().Be(Money.Dollars(2));
    }

    [Fact]
    public async Task A_commit_is_priced_for_the_model_of_its_hold_and_again_when_it_comes_late()
    {
        var (open, late) = (Hold(), Hold(seconds: 1));
        (await _budget.Hold(open)).Receipt!.Amount.Should().Be(Money.Dollars(2));
        await _budget.Hold(late);
        SettleRequest Settle(HoldId id, string? model = null) => new(id, default, new Purpose(model, Usage: new TokenUsage(InputTokens: 80_000)), Price: new PriceTag());
        await Set(5);
        Later();

        (await _budget.Settle(Settle(open.Id))).Receipt!.Should().BeEquivalentTo(new { Amount = Priced.Usd(0.4m), Released = Priced.Usd(1.6m), PriceVersion = "gpt-5@operator-1" });
        (await _budget.Settle(Settle(late.Id))).Receipt!.Should().BeEquivalentTo(new { Amount = Priced.Usd(0.4m), Late = true });
        (await _budget.Settle(Settle(open.Id))).Replayed.Should().BeTrue("the same commit again");

        var other = Hold();
        await _budget.Hold(other);
        (await _budget.Settle(Settle(other.Id, "gpt-9"))).Outcome.Should().Be(Outcome.PriceUnknown, "it was another model, and that one has no price");
        (await _budget.Settle(Settle(other.Id, "gpt-5-mini"))).Receipt!.Amount.InDollars.Should().Be(0.02m, "and its hold was still open");
        (await _budget.Settle(Settle(new HoldId("res_00000000000000000000")))).Outcome.Should().Be(Outcome.HoldUnknown);
    }

    [Fact]
    public async Task A_hold_is_priced_by_the_dearest_price_until_it_ends()
    {
        _cluster.Clock.AdjustTime(Priced.At("2026-11-25T00:55:00Z"));
        HoldRequest For(int seconds) => Hold("deepseek-v4-flash", seconds) with { Purpose = new Purpose("deepseek-v4-flash", Usage: new TokenUsage(InputTokens: 1_000_000)) };

        (await _budget.Hold(For(299))).Receipt!.Amount.InDollars.Should().Be(0.22m);
        (await _budget.Hold(For(300))).Receipt!.Amount.InDollars.Should().Be(0.44m, "at one o'clock the price doubles");
    }

    [Fact]
    public async Task Money_already_spent_is_priced_as_of_when_it_was_spent_and_other_money_as_of_now()
    {
        var past = Charge("gpt-5.6-luna", usage: new TokenUsage(InputTokens: 100_000)) with { OccurredAt = Priced.At("2026-07-01T00:00Z") };

        (await _budget.Charge(past with { Mode = ChargeMode.Record })).Receipt!.Amount.InDollars.Should().Be(0.10m);
        (await _budget.Charge(past with { Key = new IdempotencyKey("now") })).Receipt!.Amount.InDollars.Should().Be(0.02m);
    }

    [Fact]
    public async Task A_batch_has_an_outcome_for_each_and_every_entry_names_its_price()
    {
        var outcomes = await _budget.ChargeMany([Charge(), Charge("gpt-9"), Charge() with { Price = null, Amount = Money.Dollars(1) }, Charge(usage: new TokenUsage(1, 1, CacheReadTokens: 2)), Charge("gpt-5-mini")]);

        outcomes.Select(o => o.Outcome).Should().Equal(Outcome.Accepted, Outcome.PriceUnknown, Outcome.Accepted, Outcome.OutOfRange, Outcome.Accepted);
        outcomes[1].Refusal!.Fault!.Message.Should().Contain("'gpt-9'");
        var ledger = (await _budget.GetLedger(new LedgerQuery(100)))!.Entries.Where(e => e.Kind == EntryKind.Charge).Reverse();
        ledger.Select(e => (e.Amount.InDollars, e.PriceVersion?.Split('@')[0])).Should().Equal((2m, "gpt-5"), (1m, null), (0.4m, "gpt-5-mini"));
    }

    [Fact]
    public async Task Without_a_price_nothing_is_booked_unless_the_budget_names_a_rate()
    {
        var before = (await _budget.GetLedger(new LedgerQuery(1)))!.Entries[0].Seq;
        (await _budget.Charge(Charge("gpt-9"))).Should().BeEquivalentTo(new { Outcome = Outcome.PriceUnknown, Receipt = (Receipt?)null });
        (await _budget.Hold(Hold("gpt-9"))).Outcome.Should().Be(Outcome.PriceUnknown);
        (await _budget.DecideOn(Hold("gpt-9"))).Outcome.Should().Be(Outcome.PriceUnknown);
        (await _budget.GetLedger(new LedgerQuery(1)))!.Entries[0].Seq.Should().Be(before);

        var generous = await _cluster.Open(new Limits(Daily: Priced.Usd(100), OnUnknownPrice: new UnknownPriceRate(Money.Dollars(10), Money.Dollars(50))));

        (await generous.Charge(Charge("gpt-9"))).Receipt!.Should().BeEquivalentTo(new { Amount = Money.Dollars(13), PriceVersion = "on_unknown_price:10.00:50.00" });
        (await generous.Charge(Charge())).Receipt!.Amount.Should().Be(Money.Dollars(2), "what is known has its price");
        (await generous.Charge(Charge("gpt-9", usage: new TokenUsage(1, 1, Images: 1)))).Outcome.Should().Be(Outcome.PriceUnknown, "it has no rate for images");
        (await generous.Charge(Charge("gpt-9", usage: new TokenUsage(1, 1, CacheReadTokens: 2)))).Outcome.Should().Be(Outcome.OutOfRange);
        (await generous.Charge(Charge("gpt-9", usage: Usage with { Batch = true }))).Receipt!.Amount.Should().Be(Money.Dollars(13), "a rate errs upward");
    }

    [Fact]
    public async Task A_refusal_tells_how_much_would_have_fitted_only_where_usage_was_told()
    {
        var tight = await _cluster.Open(new Limits(Daily: Priced.Usd(0.5m)));

        (await tight.Charge(Charge())).Refusal!.Headroom.Should().Be(Priced.Usd(0.5m));
        (await tight.Charge(Charge() with { Price = null, Amount = Money.Dollars(2) })).Refusal!.Headroom.Should().BeNull();
        (await tight.DecideOn(Hold())).Should().BeEquivalentTo(new { Outcome = Outcome.BudgetExceeded, Amount = Money.Dollars(2), LargestThatFits = Priced.Usd(0.5m) });
    }

    [Fact]
    public async Task Same_key_a_thousand_times_while_the_price_changes_has_one_effect()
    {
        var request = Charge(key: "k");
        var asked = Enumerable.Range(0, 1_000).Select(async i =>
        {
            if (i % 100 == 0)
            {
                await Set(1 + (i / 100m));
                Later();
            }

            return await _budget.Charge(request);
        });

        var outcomes = await Task.WhenAll(asked);

        outcomes.Should().AllSatisfy(o => o.Outcome.Should().Be(Outcome.Accepted));
        outcomes.Count(o => !o.Replayed).Should().Be(1);
        outcomes.Select(o => o.Receipt!.Amount).Distinct().Should().ContainSingle();
        (await _budget.GetLedger(new LedgerQuery(100)))!.Entries.Count(e => e.Kind == EntryKind.Charge).Should().Be(1);
    }
}
