using Budgets.Pricing;

namespace Budgets.Tests.Pricing;

/// <summary>What one call costs. Rates are dollars for a million tokens, so that a token of $1 is a thousand nano-dollars.</summary>
public sealed class CostingTests
{
    private static readonly Counting Beside = new(CacheBesideInput: true, ReasoningBesideOutput: true);
    private static readonly Rates All = Priced.Rates(input: 10, output: 100, read: 1, write: 12, hour: 20, reasoning: 200);

    private static long Nanos(Rates rates, TokenUsage usage, Counting? counting = null, params RateTier[] tiers)
    {
        var (cost, fault) = Costing.Of(Priced.Price(rates, counting, tiers), usage, 1);
        fault.Should().BeNull();
        return cost.Nanos;
    }

    private static Unpriceable Fault(Rates rates, TokenUsage usage, Counting? counting = null) => Costing.Of(Priced.Price(rates, counting), usage, 1).Fault!;

    /// <summary>litellm I#9812, I#14849, I#40006; bifrost I#904, I#3451: cached tokens at the full price, or twice.</summary>
    [Fact]
    public void Cached_tokens_are_paid_for_once_whichever_way_their_provider_counts()
    {
        Nanos(All, new TokenUsage(InputTokens: 1_000, CacheReadTokens: 600, CacheWriteTokens: 300)).Should().Be((100 * 10_000) + (600 * 1_000) + (300 * 12_000));
        Nanos(All, new TokenUsage(InputTokens: 100, CacheReadTokens: 600, CacheWriteTokens: 300), Beside).Should().Be((100 * 10_000) + (600 * 1_000) + (300 * 12_000));
    }

    [Fact]
    public void What_is_cached_for_an_hour_is_a_part_of_what_is_cached()
    {
        Nanos(All, new TokenUsage(InputTokens: 300, CacheWriteTokens: 300, CacheWrite1hTokens: 100)).Should().Be((200 * 12_000) + (100 * 20_000));
        Fault(All, new TokenUsage(InputTokens: 300, CacheWriteTokens: 99, CacheWrite1hTokens: 100)).Should().BeEquivalentTo(new { Field = "usage.cache_write_1h_tokens", Contradicts = true });
    }

    /// <summary>langfuse I#16508: reasoning tokens without a price.</summary>
    [Fact]
    public void Reasoning_is_paid_for_once_whichever_way_its_provider_counts()
    {
        Nanos(All, new TokenUsage(OutputTokens: 100, ReasoningTokens: 80)).Should().Be((20 * 100_000) + (80 * 200_000));
        Nanos(All, new TokenUsage(OutputTokens: 20, ReasoningTokens: 80), Beside).Should().Be((20 * 100_000) + (80 * 200_000));
        Nanos(Priced.Rates(output: 100), new TokenUsage(OutputTokens: 20, ReasoningTokens: 80), Beside).Should().Be(100 * 100_000, "without a price of its own it costs what output costs");
        Nanos(Priced.Rates(output: 100), new TokenUsage(OutputTokens: 100, ReasoningTokens: 80)).Should().Be(100 * 100_000);
    }

    [Fact]
    public void What_has_no_rate_of_its_own_costs_what_it_is_a_part_of() =>
        Nanos(Priced.Rates(input: 10), new TokenUsage(InputTokens: 1_000, CacheReadTokens: 600, CacheWriteTokens: 300, CacheWrite1hTokens: 100)).Should().Be(1_000 * 10_000);

    [Fact]
    public void A_part_that_is_more_than_the_whole_is_refused()
    {
        Fault(All, new TokenUsage(InputTokens: 899, CacheReadTokens: 600, CacheWriteTokens: 300)).Should().BeEquivalentTo(new { Field = "usage.input_tokens", Contradicts = true });
        Fault(All, new TokenUsage(OutputTokens: 79, ReasoningTokens: 80)).Should().BeEquivalentTo(new { Field = "usage.output_tokens", Contradicts = true });
    }

    [Fact]
    public void A_fraction_of_a_nano_dollar_counts_as_a_whole_one()
    {
        Nanos(Priced.Rates(input: 0.000_001m), new TokenUsage(InputTokens: 1)).Should().Be(1);
        Nanos(Priced.Rates(input: 0.000_001m), new TokenUsage(InputTokens: 1_000)).Should().Be(1);
        Nanos(Priced.Rates(input: 0.000_001m), new TokenUsage(InputTokens: 1_001)).Should().Be(2);
        Nanos(Priced.Rates(input: 0.000_000_5m, output: 0.000_000_5m), new TokenUsage(InputTokens: 1, OutputTokens: 1)).Should().Be(1, "the sum is rounded, not its parts");
    }

    /// <summary>litellm I#37992: zeros replaced by an estimate. An operator's rate of zero is a price, too.</summary>
    [Fact]
    public void Explicit_zeros_stay_zero()
    {
        Nanos(All, new TokenUsage()).Should().Be(0);
        Nanos(Priced.Rates(input: 0, output: 0), new TokenUsage(1_000, 1_000)).Should().Be(0);
    }

    [Theory]
    [InlineData(200_000, 200_000 * 10_000L)]
    [InlineData(200_001, 200_001 * 20_000L)]
    [InlineData(500_000, 500_000 * 20_000L)]
    [InlineData(500_001, 500_001 * 30_000L)]
    public void A_tier_holds_for_the_whole_call(long input, long nanos) => Nanos(
        Priced.Rates(input: 10), new TokenUsage(InputTokens: input), null, new RateTier(200_000, Priced.Rates(input: 20)), new RateTier(500_000, Priced.Rates(input: 30))).Should().Be(nanos);

    /// <summary>litellm I#40002: the tier of a long prompt was ignored.</summary>
    [Fact]
    public void A_tier_goes_by_all_input_cached_or_not()
    {
        var tier = new RateTier(1_000, Priced.Rates(input: 20, output: 200, read: 2));

        Nanos(All, new TokenUsage(InputTokens: 401, CacheReadTokens: 600, OutputTokens: 1), Beside, tier).Should().Be((401 * 20_000) + (600 * 2_000) + 200_000);
    }

    [Fact]
    public void Images_are_paid_by_the_piece_where_they_have_a_price_and_by_their_tokens_elsewhere()
    {
        Nanos(Priced.Rates(image: 0.04m), new TokenUsage(Images: 3)).Should().Be(120_000_000);
        Nanos(Priced.Rates(output: 100), new TokenUsage(OutputTokens: 10, Images: 3)).Should().Be(1_000_000);
        Fault(Priced.Rates(output: 100), new TokenUsage(Images: 3)).Should().BeEquivalentTo(new { Field = "usage.images", Contradicts = false });
    }

    [Fact]
    public void What_was_counted_and_has_no_price_is_never_free()
    {
        Fault(Priced.Rates(input: 1), new TokenUsage(OutputTokens: 1)).Field.Should().Be("usage.output_tokens");
        Fault(Priced.Rates(output: 1), new TokenUsage(InputTokens: 1)).Field.Should().Be("usage.input_tokens");
        Fault(Priced.Rates(image: 1), new TokenUsage(InputTokens: 1, CacheReadTokens: 1)).Field.Should().Be("usage.cache_read_tokens");
    }

    [Fact]
    public void Requests_count_where_a_model_is_paid_by_the_request()
    {
        Costing.Of(Priced.Price(Priced.Rates(input: 1, request: 0.005m)), new TokenUsage(InputTokens: 1), 2).Cost.Nanos.Should().Be(10_001_000);
        Costing.Of(Priced.Price(Priced.Rates(input: 1, request: 0.005m)), new TokenUsage(InputTokens: 1), 0).Cost.Nanos.Should().Be(1_000);
    }

    /// <summary>litellm I#35358, I#36071: batches at the full price.</summary>
    [Fact]
    public void A_batch_has_its_discount_and_without_a_known_one_no_price()
    {
        var half = new Counting(BatchDiscount: 0.5m);
        var usage = new TokenUsage(InputTokens: 1_000, CacheReadTokens: 500, OutputTokens: 10, Batch: true);

        Nanos(All, usage, half).Should().Be(((500 * 10_000) + (500 * 1_000) + (10 * 100_000)) / 2);
        Nanos(All, usage, half with { BatchCacheReadAtFullPrice = true }).Should().Be(((500 * 10_000) + (10 * 100_000)) / 2 + (500 * 1_000));
        Nanos(All, usage with { Batch = null }, half).Should().Be((500 * 10_000) + (500 * 1_000) + (10 * 100_000));
        Fault(All, usage).Should().BeEquivalentTo(new { Field = "usage.batch", Contradicts = false });
    }

    [Fact]
    public void A_cost_beyond_what_a_request_may_carry_is_refused()
    {
        Nanos(Priced.Rates(input: 1_000), new TokenUsage(InputTokens: TokenUsage.Most)).Should().Be(Money.MaxPerRequest.Nanos);
        Fault(Priced.Rates(input: 1_000.000_001m), new TokenUsage(InputTokens: TokenUsage.Most)).Should().BeEquivalentTo(new { Field = "usage", Contradicts = true });
        var dearest = Priced.Rates(1_000_000, 1_000_000, 1_000_000, 1_000_000, 1_000_000, 1_000_000, 1_000_000, 1_000_000);
        var most = new TokenUsage(TokenUsage.Most, TokenUsage.Most, TokenUsage.Most, TokenUsage.Most, TokenUsage.Most, TokenUsage.Most, TokenUsage.Most);
        Costing.Of(Priced.Price(dearest, Beside), most, TokenUsage.Most).Fault!.Field.Should().Be("usage", "no sum of the largest numbers overflows");
    }
}
