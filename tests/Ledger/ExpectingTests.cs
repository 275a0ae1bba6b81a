using Budgets.Ledger;
using static Budgets.Tests.Ledger.Passbook;

namespace Budgets.Tests.Ledger;

/// <summary>"What is held is what such calls of the agent's own come to in 19 cases of 20; never less than the input, never more than the most."</summary>
public sealed class ExpectingTests
{
    private static readonly Limits s_expected = new(Daily: Usd(1_000), HoldMode: HoldMode.Expected);

    private static readonly TokenUsage s_most = new(5_000, 16_384);

    [Fact]
    public void With_too_little_history_the_most_is_held()
    {
        var book = Of(above: s_expected);
        for (var call = 1; call < Expecting.LeastCalls; call++)
        {
            Answered(book, 100);
            Held(book).Should().Be(s_most);
        }

        Answered(book, 100);
        Held(book).OutputTokens.Should().BeInRange(100, 125);
    }

    [Fact]
    public void Nineteen_of_twenty_answers_are_no_longer_than_what_is_held_for_and_it_is_a_quarter_longer_at_most()
    {
        var random = new Random(95);
        for (var life = 0; life < 200; life++)
        {
            var book = Of(above: s_expected);
            var answers = Enumerable.Range(0, random.Next(Expecting.LeastCalls, Output.Remembered)).Select(_ => (long)random.Next(0, 1 << random.Next(1, 20))).ToArray();
            foreach (var tokens in answers)
            {
                Answered(book, tokens);
            }

            var most = new TokenUsage(random.Next(1, 100_000), random.Next(1, 100_000), CacheWriteTokens: random.Next(0, 10), ReasoningTokens: random.Next(0, 100_000));
            var held = Held(book, most);

            var p95 = answers.Order().ElementAt((int)Math.Ceiling(answers.Length * 0.95) - 1);
            held.OutputTokens.Should().BeInRange(Math.Min(most.OutputTokens, p95), Math.Min(most.OutputTokens, Math.Max(p95, p95 * 5 / 4)));
            held.Should().Be(most with { OutputTokens = held.OutputTokens, ReasoningTokens = Math.Min(most.ReasoningTokens, held.OutputTokens == most.OutputTokens ? held.ReasoningTokens : held.OutputTokens) }, "the input is held for as ever");
            held.ReasoningTokens.Should().BeLessThanOrEqualTo(most.ReasoningTokens);
        }
    }

    [Fact]
    public void What_an_agent_does_now_counts_for_more_than_what_it_did_long_ago()
    {
        var book = Of(above: s_expected);
        Enumerable.Range(0, 1_000).ToList().ForEach(_ => Answered(book, 10_000));
        Enumerable.Range(0, 1_000).ToList().ForEach(_ => Answered(book, 10));

        Held(book).OutputTokens.Should().BeLessThan(20);
    }

    [Fact]
    public void Other_operations_and_models_say_nothing_and_are_remembered_up_to_a_bound()
    {
        var book = Of(above: s_expected);
        Enumerable.Range(0, Expecting.LeastCalls).ToList().ForEach(_ => Answered(book, 100));
        Enumerable.Range(0, Expecting.LeastCalls).ToList().ForEach(_ => Answered(book, 9_000, model: "gpt-5"));

        Held(book).OutputTokens.Should().BeLessThan(130);
        Held(book, model: "gpt-4").Should().Be(s_most);
        Enumerable.Range(0, 100).ToList().ForEach(n => Answered(book, 100, model: $"m{n}"));
        book.State.Outputs.All.Should().HaveCount(Outputs.Most);
    }

    [Fact]
    public void Strict_budgets_learn_nothing_and_hold_the_most()
    {
        foreach (var book in new[] { Of(above: s_expected with { HoldMode = null }), Of(above: s_expected, own: new Limits(HoldMode: HoldMode.Strict)), Of(own: s_expected) })
        {
            Enumerable.Range(0, 2 * Expecting.LeastCalls).ToList().ForEach(_ => Answered(book, 100));

            book.State.Outputs.Should().Be(Outputs.None);
            Held(book).Should().Be(s_most);
        }
    }

    [Fact]
    public void A_hold_that_does_not_say_that_it_is_for_the_most_is_held_as_it_is()
    {
        var book = Of(above: s_expected);
        Enumerable.Range(0, Expecting.LeastCalls).ToList().ForEach(_ => Answered(book, 100));

        Expecting.Of(book.State, Request(s_most) with { IsBound = false }).Purpose.Usage.Should().Be(s_most);
    }

    [Fact]
    public void Only_from_above_can_limits_be_made_passable()
    {
        ConfigureResult Own(Passbook book, HoldMode? mode, bool onlyTighten = false) => book.Configure(c => c with { OnlyTighten = onlyTighten, HoldMode = Change.To(mode) }).Result;
        var book = Of(above: new Limits(Daily: Usd(10)));

        Own(book, HoldMode.Expected).Should().Be(ConfigureResult.AboveCeiling);
        book.Configure(new ConfigureRequest(Layer.Above, "operator", false, HoldMode: Change.To<HoldMode?>(HoldMode.Expected))).Result.Should().Be(ConfigureResult.Done);
        Own(book, HoldMode.Strict, onlyTighten: true).Should().Be(ConfigureResult.Done);
        Own(book, null, onlyTighten: true).Should().Be(ConfigureResult.WouldWiden);
        Own(book, HoldMode.Expected, onlyTighten: true).Should().Be(ConfigureResult.WouldWiden);
        Own(book, HoldMode.Expected).Should().Be(ConfigureResult.Done);
    }

    private static void Answered(Passbook book, long tokens, string model = "gpt-4o")
    {
        var id = $"h{book.Entries.Count}";
        book.Hold(0.01m, id, purpose: new Purpose(model, "chat", Usage: s_most)).Outcome.Should().Be(Outcome.Accepted);
        book.Settle(0.001m, id, purpose: new Purpose(Usage: new TokenUsage(10, tokens))).Outcome.Should().Be(Outcome.Accepted);
    }

    private static TokenUsage Held(Passbook book, TokenUsage? most = null, string model = "gpt-4o") => Expecting.Of(book.State, Request(most ?? s_most, model)).Purpose.Usage!;

    private static HoldRequest Request(TokenUsage most, string model = "gpt-4o") =>
        new(new HoldId("h"), Money.Zero, new Purpose(model, "chat", Usage: most), new IdempotencyKey("k"), 600, new PriceTag(), IsBound: true);
}
