using System.Collections.Immutable;
using System.Globalization;
using Budgets.Ledger;
using static Budgets.Tests.Ledger.Passbook;

namespace Budgets.Tests.Ledger;

/// <summary>What a day remembers of how its calls were made.</summary>
public sealed class HabitsTests
{
    private static readonly TokenUsage Small = new(100, 10);

    [Fact]
    public void A_day_knows_what_each_operation_used_of_each_model()
    {
        var book = Of();
        book.Charge(2, purpose: Asked("write", "a"));
        book.Charge(3, purpose: Asked("write", "a"));
        book.Charge(1, purpose: Asked("read", "a"));
        book.Charge(7, purpose: new Purpose("a", "write"));

        var habits = book.State.Days[^1].Usage.Habits!.All;

        habits.Select(h => (h.Operation, h.Model, h.All.Calls, h.All.Cost, h.All.InputTokens)).Should().Equal(("write", "a", 2L, Usd(5), 200L), ("read", "a", 1L, Usd(1), 100L));
        book.State.Days[^1].Usage.Total.Calls.Should().Be(4, "a call without tokens is spent all the same");
    }

    /// <summary>A cache that keeps an answer for a day would have had it; after the day it has to ask again.</summary>
    [Fact]
    public void The_same_prompt_within_a_day_of_its_answer_is_a_repeat()
    {
        var book = Of();
        book.Charge(1, purpose: Asked("faq", "a", "p"));
        book.Later(3_600).Charge(1, purpose: Asked("faq", "a", "p"));
        book.Charge(1, purpose: Asked("faq", "b", "p"));
        book.Charge(1, purpose: Asked("faq", "a", "q"));
        book.Charge(1, purpose: Asked("faq", "a"));
        book.Later(23 * 3_600).Charge(1, purpose: Asked("faq", "a", "p"));

        var today = book.State.Days[^1].Usage.Habits!.All.Single();
        var yesterday = book.Entries.OfType<DayClosed>().Single().Usage.Habits!.All;

        yesterday.Single(h => h.Model == "a").Repeated!.Value.Calls.Should().Be(1);
        yesterday.Single(h => h.Model == "b").Repeated.Should().BeNull();
        today.Repeated.Should().BeNull("the answer is a day old");
    }

    [Fact]
    public void Twenty_small_calls_in_a_minute_are_rapid_and_all_of_them_count()
    {
        var book = Of();
        for (var i = 0; i < 19; i++)
        {
            book.Charge(1, purpose: Asked("label", "a"));
        }

        Rapid().Should().BeNull();
        book.Charge(1, purpose: Asked("label", "a"));
        Rapid()!.Value.Calls.Should().Be(20);
        book.Charge(1, purpose: new Purpose("a", "label", default, new TokenUsage(5_000, 10)));
        Rapid()!.Value.Calls.Should().Be(20, "a long call is not a small one");
        book.Charge(1, purpose: Asked("label", "a"));
        Rapid()!.Value.Calls.Should().Be(21);
        book.Later(60).Charge(1, purpose: Asked("label", "a"));
        Rapid()!.Value.Calls.Should().Be(21);

        Work? Rapid() => book.State.Days[^1].Usage.Habits!.All.Single().Rapid;
    }

    [Fact]
    public void However_many_models_and_prompts_there_are_the_state_stays_small()
    {
        var book = Of();
        for (var i = 0; i < 5_000; i++)
        {
            var name = i.ToString(CultureInfo.InvariantCulture);
            book.Charge(i == 2_000 ? 9 : 0.01m, purpose: Asked("o", "m" + name, "p" + name));
        }

        book.State.Days[^1].Usage.Habits!.All.Should().HaveCount(Habits.Most).And.Contain(h => h.Model == "m2000", "what costs most is kept");
        book.State.Prompts.All().Length.Should().BeInRange(Prompts.Ways, Prompts.Sets * Prompts.Ways);
    }

    /// <summary>A stream of things asked once does not push out what is asked again and again.</summary>
    [Fact]
    public void A_prompt_that_comes_often_is_kept_before_one_that_came_once()
    {
        var (prompts, at) = (Prompts.None, Utc("2026-03-04T10:00Z"));
        for (var i = 0; i < 3; i++)
        {
            (prompts, _) = prompts.Seen(Asked("o", "m", "often"), at);
        }

        for (var i = 0; i < 5_000; i++)
        {
            (prompts, _) = prompts.Seen(Asked("o", "m", $"once {i}"), at.AddMinutes(1));
        }

        prompts.Seen(Asked("o", "m", "often"), at.AddHours(2)).IsRepeat.Should().BeTrue();
    }

    [Fact]
    public void A_prompt_is_part_of_what_a_request_says()
    {
        var book = Of();
        book.Charge(1, "k", purpose: Asked("faq", "a", "p"));

        book.Charge(1, "k", purpose: Asked("faq", "a", "p")).Outcome.Should().Be(Outcome.Accepted);
        book.Charge(1, "k", purpose: Asked("faq", "a", "q")).Outcome.Should().Be(Outcome.IdempotencyKeyReused);
        book.Charge(1, "k", purpose: Asked("faq", "a")).Outcome.Should().Be(Outcome.IdempotencyKeyReused);
    }

    private static Purpose Asked(string operation, string model, string? prompt = null) => new(model, operation, ImmutableArray<string>.Empty, Small, prompt);
}
