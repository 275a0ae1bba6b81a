using System.Collections.Immutable;
using Budgets.Ledger;
using static Budgets.Tests.Ledger.Passbook;

namespace Budgets.Tests.Ledger;

/// <summary>What providers say was paid, where the books say something else.</summary>
public sealed class CorrectingTests
{
    private static readonly DateOnly Wednesday = new(2026, 3, 4);

    [Fact]
    public void What_was_paid_beyond_is_booked_on_the_day_it_is_of_and_in_the_windows_that_are_still_current()
    {
        var book = Spent();

        var (result, _) = Correct(book, [new("gpt-5", Wednesday, Usd(12), 500, 70)]);

        result.Should().Be(ReconcileResult.Done);
        (book[LimitType.Daily].Spent, book[LimitType.Weekly].Spent, book[LimitType.Monthly].Spent, book[LimitType.Total].Spent).Should().Be((1m, 13m, 13m, 13m));
        var day = OfDay(book, Wednesday);
        (day.Total.Cost, day.Total.Calls, day.Total.InputTokens).Should().Be((Usd(12), 1L, 500L));
        (day.Models.Ranked().Sum(m => m.Sums.Cost.Nanos), day.Operations.Ranked().Sum(o => o.Sums.Cost.Nanos)).Should().Be((Usd(12).Nanos, Usd(12).Nanos));
        book.ReadAgain().Windows.Should().Equal(book.State.Windows);
    }

    [Fact]
    public void What_was_not_paid_after_all_comes_back()
    {
        var book = Spent();

        Correct(book, [new("gpt-5", Wednesday, Usd(7))]);

        (book[LimitType.Daily].Spent, book[LimitType.Total].Spent).Should().Be((1m, 8m));
        OfDay(book, Wednesday).Total.Cost.Should().Be(Usd(7));
        Receipts.EntryOf(book.Entries.OfType<Reconciled>().Single(), 9)!.Amount.Should().Be(Usd(-3));
    }

    /// <summary>An answer that was lost is asked for again; a bill that comes twice is paid once.</summary>
    [Fact]
    public void The_same_key_books_once_and_the_same_bill_finds_nothing_left()
    {
        var book = Spent();
        Correct(book, [new("gpt-5", Wednesday, Usd(12))], "k");
        var standing = book.State.Windows;

        Correct(book, [new("gpt-5", Wednesday, Usd(12))], "k").Decision.ReplayOf.Should().BePositive();
        Correct(book, [new("gpt-5", Wednesday, Usd(99))], "k").Result.Should().Be(ReconcileResult.KeyReused);
        Correct(book, [new("gpt-5", Wednesday, Usd(12))], "other").Decision.Events.Should().BeEmpty();

        book.State.Windows.Should().Equal(standing);
    }

    [Fact]
    public void A_day_that_is_not_over_is_not_corrected()
    {
        var book = Spent();

        Correct(book, [new("gpt-5", Wednesday.AddDays(1), Usd(12))]).Result.Should().Be(ReconcileResult.OutOfDays);
        Correct(book, [new("gpt-5", Wednesday.AddDays(-60), Usd(12))]).Result.Should().Be(ReconcileResult.OutOfDays);
    }

    /// <summary>The week and the month began anew: what is of the old ones fills no new one.</summary>
    [Fact]
    public void A_correction_of_an_earlier_month_counts_in_the_life_only()
    {
        var book = Spent().At("2026-04-06T10:00Z");

        Correct(book, [new("gpt-5", Wednesday, Usd(12))]);

        (book[LimitType.Weekly].Spent, book[LimitType.Monthly].Spent, book[LimitType.Total].Spent).Should().Be((0m, 0m, 13m));
    }

    /// <summary>Its hold is open, so its day is not closed yet.</summary>
    [Fact]
    public void A_day_that_is_still_open_is_corrected_where_it_stands()
    {
        var book = Of();
        book.Hold(5, ttl: 86_400);
        book.Charge(10, purpose: new Purpose("gpt-5"));
        book.At("2026-03-05T09:00Z");

        Correct(book, [new("gpt-5", Wednesday, Usd(12))]);

        book.Entries.OfType<DayClosed>().Should().BeEmpty();
        OfDay(book, Wednesday).Total.Cost.Should().Be(Usd(12));
        book.Settle(4);
        OfDay(book, Wednesday).Total.Cost.Should().Be(Usd(16));
        book.Entries.OfType<DayClosed>().Should().BeEmpty("it is written when the day's last hold has ended and something is asked");
    }

    [Fact]
    public void Below_another_agent_only_more_is_booked()
    {
        var book = Spent().With(s => s with { Terms = s.Terms with { Parent = new AgentId("agent_parent789abcdefghij") } });

        Correct(book, [new("gpt-5", Wednesday, Usd(7))]).Result.Should().Be(ReconcileResult.BelowAnother);
    }

    [Fact]
    public void Two_names_of_one_model_are_one_model_and_other_providers_are_not_on_this_bill()
    {
        UsageBook usage = UsageBook.Empty.Add(Usd(3), new Purpose("gpt-5")).Add(Usd(4), new Purpose("openai/gpt-5")).Add(Usd(9), new Purpose("claude")).Add(Usd(2), new Purpose("gpt-5-mini"));
        var names = new[]
        {
            new ModelName("gpt-5", "gpt-5", "openai"), new ModelName("openai/gpt-5", "gpt-5", "openai"), new ModelName("gpt-5-2025-08-07", "gpt-5", "openai"),
            new ModelName("claude", "claude", "anthropic"), new ModelName("gpt-5-mini", "gpt-5-mini", "openai"),
        }.ToDictionary(n => n.Name);

        var drift = Correcting.Drift(new ReconcileRequest("operator", null, [new BilledUsage("gpt-5-2025-08-07", Wednesday, Usd(8))]), [(Wednesday, usage)], names);

        drift.Select(d => (d.Model, d.Booked, d.Billed, d.Difference)).Should().Equal(("openai/gpt-5", Usd(7), Usd(8), Usd(1)), ("gpt-5-mini", Usd(2), Usd(0), Usd(-2)));
    }

    /// <summary>$10 on Wednesday, $1 on Thursday, and it is Thursday.</summary>
    private static Passbook Spent()
    {
        var book = Of();
        book.Charge(10, purpose: new Purpose("gpt-5", "write", default, new TokenUsage(300, 50)));
        book.At("2026-03-05T09:00Z").Charge(1);
        return book;
    }

    private static (ReconcileResult Result, Decision Decision) Correct(Passbook book, ImmutableArray<BilledUsage> billed, string key = "k")
    {
        var request = new ReconcileRequest("operator", "openai", billed, new IdempotencyKey(key));
        var (now, _) = book.State.At(book.Clock);
        var closed = book.Entries.OfType<DayClosed>().Select(d => (d.Date, d.Usage)).Concat(now.Days.Select(d => (d.Date, d.Usage))).Where(d => billed.Any(b => b.Date == d.Date)).ToList();
        var drift = Correcting.Drift(request, closed, new Dictionary<string, ModelName>());
        var (result, decision) = Correcting.Correct(book.State, request, drift, book.Clock);
        book.Take(decision);
        return (result, decision);
    }

    private static UsageBook OfDay(Passbook book, DateOnly date) => UsageBook.Sum(
        [.. book.Entries.OfType<DayClosed>().Select(d => (d.Date, d.Usage)).Concat(book.State.Days.Select(d => (d.Date, d.Usage))).Where(d => d.Date == date).Select(d => d.Usage)]);
}
