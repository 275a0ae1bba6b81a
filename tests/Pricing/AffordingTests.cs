using System.Collections.Immutable;
using Budgets.Pricing;

namespace Budgets.Tests.Pricing;

/// <summary>What is left pays for.</summary>
public sealed class AffordingTests
{
    private static ImmutableArray<Affordable> Of(string model, TokenUsage usage, decimal? dollars) =>
        Affording.Of(Priced.Delivered, new QuoteRequest(model, usage, 1, Priced.Today, Priced.Today), Priced.Usd(dollars));

    // gpt-5: $1.25 and $10 for a million.
    [Fact]
    public void Calls_and_the_longest_output_of_one_are_told_for_the_model_that_was_asked_about()
    {
        var usage = new TokenUsage(InputTokens: 8_000, OutputTokens: 1_000);

        Of("openai/gpt-5", usage, 0.10m).Should().Equal(new Affordable("openai/gpt-5", 9_000, 5));
        Of("gpt-5", usage, 100).Should().Equal(new Affordable("gpt-5", 128_000, 5_000));
        Of("gpt-5", usage, null).Should().Equal(new Affordable("gpt-5", 128_000, null));
        Of("gpt-5", new TokenUsage(), 1).Should().Equal(new Affordable("gpt-5", 99_999 + 1, null));
    }

    [Fact]
    public void What_is_told_fits_and_one_token_more_does_not()
    {
        foreach (var model in Priced.Delivered.Models.Where(m => m.At(Priced.Today)!.Rates.Output > Money.Zero))
        {
            var usage = new TokenUsage(InputTokens: 10_000, OutputTokens: 500, ReasoningTokens: 100);
            var longest = Of(model.Id, usage, 0.05m)[0].MaxOutputTokens!.Value;
            Money Cost(long output) => Priced.Quote(model.Id, usage with { OutputTokens = output, ReasoningTokens = model.Prices[0].Counting.ReasoningBesideOutput ? 100 : Math.Min(output, 100) }).Amount;

            (Cost(longest) <= Money.FromDollars(0.05m) || longest == 0).Should().BeTrue(model.Id);
            (longest == model.MaxOutputTokens || Cost(longest + 1) > Money.FromDollars(0.05m)).Should().BeTrue(model.Id);
        }
    }

    [Fact]
    public void Where_not_one_call_fits_cheaper_models_of_the_provider_are_named_that_can_do_it()
    {
        var affordable = Of("gpt-6-astra", new TokenUsage(InputTokens: 100_000, OutputTokens: 20_000), 0.10m);

        affordable[0].Should().Be(new Affordable("gpt-6-astra", 0, 0));
        affordable.Should().HaveCount(IQuoteGrain.MostAffordable);
        affordable.Skip(1).Should().AllSatisfy(a =>
        {
            var model = Priced.Delivered[a.Model]!;
            (model.Provider, model.Deprecated).Should().Be(("openai", false));
            model.MaxOutputTokens.Should().BeGreaterThanOrEqualTo(20_000);
            model.ContextWindow.Should().BeGreaterThanOrEqualTo(100_000);
            a.MaxCalls.Should().BePositive();
        });
    }

    [Fact]
    public void Nothing_is_told_of_what_has_no_price()
    {
        Of("gpt-9", new TokenUsage(1, 1), 1).Should().BeEmpty();
        Of("gpt-5", new TokenUsage(1, 1, CacheReadTokens: 2), 1).Should().BeEmpty();
    }
}
