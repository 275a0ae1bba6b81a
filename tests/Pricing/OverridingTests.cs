using Budgets.Pricing;

namespace Budgets.Tests.Pricing;

/// <summary>What the operator has set, over the catalogue.</summary>
public sealed class OverridingTests
{
    private static readonly TokenUsage Usage = new(InputTokens: 1_000_000);

    private static StandingOverride Set(long number, string from, decimal input, string id = "gpt-5", string? until = null) =>
        new(number, Priced.At(from), Priced.At(from), false, Priced.Override(id, Priced.Rates(input: input, output: 1), until: until));

    private static StandingOverride Withdraw(long number, string from, string id = "gpt-5") =>
        new(number, Priced.At(from), Priced.At(from), true, Priced.Override(id, new Rates()));

    private static (decimal Dollars, string Version) At(PriceList prices, string at, string name = "gpt-5")
    {
        var quote = Priced.Quote(name, Usage, Priced.At(at), prices: prices);
        return (quote.Amount.InDollars, quote.Version!);
    }

    [Fact]
    public void It_wins_from_when_it_is_set_and_the_next_one_wins_over_it()
    {
        var prices = Priced.With(Set(1, "2026-11-01T00:00Z", 7), Set(2, "2026-11-10T00:00Z", 8));

        At(prices, "2026-10-31T23:59Z").Should().Be((1.25m, Priced.Delivered["gpt-5"]!.Prices[0].Version));
        At(prices, "2026-11-09T00:00Z").Should().Be((7, "gpt-5@operator-1"));
        At(prices, "2026-11-10T00:00Z").Should().Be((8, "gpt-5@operator-2"));
    }

    [Fact]
    public void After_its_end_what_was_before_holds_again()
    {
        var prices = Priced.With(Set(1, "2026-11-01T00:00Z", 7), Set(2, "2026-11-10T00:00Z", 1, until: "2026-11-11T00:00Z"));

        At(prices, "2026-11-10T12:00Z").Version.Should().Be("gpt-5@operator-2");
        At(prices, "2026-11-11T00:00Z").Version.Should().Be("gpt-5@operator-1");
    }

    [Fact]
    public void Withdrawn_the_catalogue_holds_again_and_what_was_spent_before_keeps_its_price()
    {
        var prices = Priced.With(Set(1, "2026-11-01T00:00Z", 7), Set(2, "2026-12-01T00:00Z", 8), Withdraw(3, "2026-11-10T00:00Z"), Set(4, "2026-11-20T00:00Z", 9));

        At(prices, "2026-11-09T00:00Z").Dollars.Should().Be(7);
        At(prices, "2026-11-10T00:00Z").Dollars.Should().Be(1.25m);
        At(prices, "2026-11-21T00:00Z").Dollars.Should().Be(9);
        At(prices, "2026-12-02T00:00Z").Dollars.Should().Be(9, "a price to come was withdrawn with the others");
    }

    [Fact]
    public void Every_name_of_a_model_has_its_override()
    {
        var prices = Priced.With(Set(1, "2026-11-01T00:00Z", 7));

        At(prices, "2026-11-02T00:00Z", "openai/gpt-5-2025-08-07").Dollars.Should().Be(7);
        At(prices, "2026-11-02T00:00Z", "GPT-5").Dollars.Should().Be(7);
        At(prices, "2026-11-02T00:00Z", "gpt-5-mini").Dollars.Should().Be(0.25m);
    }

    [Fact]
    public void A_name_of_its_own_may_have_a_price_of_its_own()
    {
        var prices = Priced.With(Set(1, "2026-11-01T00:00Z", 7, "gpt-5-2025-08-07"), Set(2, "2026-11-01T00:00Z", 3, "acme/llama-70b"), Set(3, "2026-11-01T00:00Z", 2, "whisper-1"));

        At(prices, "2026-11-02T00:00Z", "gpt-5-2025-08-07").Dollars.Should().Be(7);
        At(prices, "2026-11-02T00:00Z").Dollars.Should().Be(1.25m);
        At(prices, "2026-11-02T00:00Z", "acme/llama-70b").Should().Be((3, "acme/llama-70b@operator-2"));
        At(prices, "2026-11-02T00:00Z", "whisper-1").Dollars.Should().Be(2, "the catalogue leaves it out");
        Priced.Quote("acme/llama-70b", Usage, Priced.At("2026-10-01T00:00Z"), prices: prices).Fault!.Message.Should().Be("'acme/llama-70b' has no price for that time");
    }

    [Fact]
    public void It_counts_as_the_catalogue_does_for_that_name_unless_it_says_otherwise()
    {
        Counting Of(PriceOverride price) => Priced.With(new StandingOverride(1, Priced.Today, Priced.Today, false, price))[price.Id]!.Prices[^1].Counting;
        var claude = Priced.Override("claude-opus-5-5", Priced.Rates(input: 1));

        Of(claude).Should().BeEquivalentTo(new { CacheBesideInput = true, BatchDiscount = 0.5m });
        Of(claude with { Id = "claude-opus-9" }).CacheBesideInput.Should().BeTrue("its provider counts so");
        Of(claude with { CacheBesideInput = false, BatchDiscount = 0.25m }).Should().BeEquivalentTo(new { CacheBesideInput = false, BatchDiscount = 0.25m });
        Of(claude with { Id = "acme/llama" }).Should().Be(Counting.Usual);
    }

    [Fact]
    public void Pages_follow_each_other_by_id_and_tell_every_model_once()
    {
        var prices = Priced.With(Set(1, "2026-11-01T00:00Z", 7), Set(2, "2026-11-01T00:00Z", 7, "zzz"));
        var seen = new List<string>();
        string? after = null;
        do
        {
            var page = prices.Page(new PriceQuery(7, after));
            seen.AddRange(page.Models.Select(m => m.Id));
            after = page.Next;
        }
        while (after is not null);

        seen.Should().BeInAscendingOrder(StringComparer.Ordinal).And.OnlyHaveUniqueItems().And.HaveCount(Priced.Delivered.Models.Length + 1);
        prices.Page(new PriceQuery(100, Contains: "4-5-SONNET")).Models.Should().ContainSingle(m => m.Id == "claude-sonnet-4-5", "an alias is looked at, too");
        prices.Page(new PriceQuery(100, Name: "openai/gpt-5-2025-08-07")).Models.Should().ContainSingle(m => m.Id == "gpt-5");
        prices.Page(new PriceQuery(100, Name: "gpt-9")).Models.Should().BeEmpty();
        prices.Page(new PriceQuery(100, Provider: "deepseek")).Models.Should().HaveCount(7);
    }
}
