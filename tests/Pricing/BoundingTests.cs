using System.Collections.Immutable;
using Budgets.Pricing;

namespace Budgets.Tests.Pricing;

/// <summary>No usage that a call can have costs more than what it is bounded by.</summary>
public sealed class BoundingTests
{
    [Theory]
    [InlineData("gpt-4o", 5_000, 1_000)]
    [InlineData("gpt-5.6-sol", 5_000, 1_000)]
    [InlineData("gpt-5.6-sol", 500_000, 1_000)]
    [InlineData("claude-haiku-4-5", 5_000, 1_000)]
    [InlineData("claude-sonnet-4-5", 300_000, 1_000)]
    [InlineData("gemini-2.5-pro", 300_000, 1_000)]
    [InlineData("grok-4", 5_000, 1_000)]
    [InlineData("deepseek-chat", 5_000, 1_000)]
    public void The_bound_is_the_dearest_way_to_use_that_many_tokens(string model, long input, long output)
    {
        var counting = Priced.Delivered.Find(model).Counting;
        var bound = Bounding.Of(Priced.Delivered, Outline(model, input, output)).Usage!;
        var most = Priced.Quote(model, bound).Amount;

        most.Should().BeGreaterThan(Money.Zero);
        foreach (var (plain, read, write, hour) in Splits(input))
        {
            foreach (var thought in (long[])[0, output / 2, output])
            {
                var usage = new TokenUsage(
                    counting.CacheBesideInput ? plain : plain + read + write, counting.ReasoningBesideOutput ? output - thought : output, read, write, thought, CacheWrite1hTokens: hour > 0 ? hour : null);
                Priced.Quote(model, usage).Amount.Should().BeLessThanOrEqualTo(most, usage.ToString());
            }
        }
    }

    [Fact]
    public void Input_is_capped_by_the_window_unless_a_dearer_tier_begins_where_it_ends()
    {
        Bounding.Of(Priced.Delivered, Outline("claude-haiku-4-5", 5_000_000, 5)).Usage!.CacheWriteTokens.Should().Be(200_000);
        Bounding.Of(Priced.Delivered, Outline("claude-sonnet-4-5", 5_000_000, 5)).Usage!.CacheWriteTokens.Should().Be(1_000_000);
        Bounding.Of(Priced.Delivered, Outline("text-embedding-3-small", 50_000, 0) with { HasWindow = false }).Usage!.InputTokens.Should().Be(50_000, "each input has a window of its own");
        Bounding.Of(Priced.Delivered, Outline("gpt-4o", 10, 5) with { IsOpenEnded = true, PictureTokens = 7 }).Usage!.InputTokens.Should().Be(128_007);
        Bounding.Of(Priced.Delivered, Outline("gpt-4.5-preview", 10, 5) with { IsOpenEnded = true }).Usage.Should().BeNull("nobody knows its window");
    }

    [Fact]
    public void Output_is_what_was_asked_or_what_the_model_can_or_else_must_be_said()
    {
        Bounding.Of(Priced.Delivered, Outline("gpt-4o", 10, 99_999)).OutputTokens.Should().Be(16_384);
        Bounding.Of(Priced.Delivered, Outline("gpt-4o", 10, null) with { Choices = 3 }).Usage!.OutputTokens.Should().Be(3 * 16_384);
        Bounding.Of(Priced.Delivered, Outline("gpt-4", 10, null)).Should().Match<CallBound>(b => b.OutputTokens == 8_192 && !b.IsOutputKnown);
        Bounding.Of(Priced.Delivered, Outline("no-such-model", 10, null)).Should().Match<CallBound>(b => b.OutputTokens == CallBound.OutputOfTheUnknown && !b.IsOutputKnown);
        Bounding.Of(Priced.Delivered, Outline("no-such-model", 10, 5)).Usage.Should().Be(new TokenUsage(10, 5), "its budget may have a rate for it");
    }

    private static CallOutline Outline(string model, long input, long? output) => new(model, input, 0, false, true, output, 1, 0, Priced.Today, Priced.Today.AddMinutes(10));

    private static ImmutableArray<(long Plain, long Read, long Write, long Hour)> Splits(long input) =>
        [(input, 0, 0, 0), (0, input, 0, 0), (0, 0, input, 0), (0, 0, input, input), (input / 2, input / 4, input / 4, input / 8), (1, 0, input - 1, 1)];
}
