using Budgets.Ledger;
using static Budgets.Tests.Ledger.Passbook;

namespace Budgets.Tests.Ledger;

/// <summary>Amounts that are worked out: what they come to, and what a repeated request is.</summary>
public sealed class RatingTests
{
    private static readonly Purpose Purpose = new("gpt-5", "summarise", ["nightly"], new TokenUsage(1_000, 200));

    private static ChargeRequest Charge(PriceTag? price = null, decimal dollars = 0, Purpose? purpose = null) =>
        new(new ChargeId("chg_"), Usd(dollars), purpose ?? Purpose, new IdempotencyKey("k"), Price: price);

    private static Quote Unknown(long input, long output, long images = 0) => new(default, null, new Unpriceable("model", "has no price"), new CeilingCounts(input, output, images));

    [Theory]
    [InlineData(1_000_000, 0, 0, 10_000_000_000)]
    [InlineData(1, 0, 0, 10_000)]
    [InlineData(1, 1, 0, 10_001)]
    [InlineData(0, 1_000_001, 0, 2)]
    [InlineData(0, 0, 3, 3_000_000_000)]
    [InlineData(TokenUsage.Most, TokenUsage.Most, TokenUsage.Most, 1_000_000_000_000_001)]
    public void A_rate_for_unknown_prices_is_rounded_up_to_a_whole_nano_dollar_and_never_overflows(long input, long output, long images, long nanos)
    {
        var book = Of(own: new Limits(OnUnknownPrice: new UnknownPriceRate(Usd(10), new Money(1), Usd(1))));

        Charge(new PriceTag()).Rated(book.State, Unknown(input, output, images)).Amount.Nanos.Should().Be(nanos);
    }

    [Fact]
    public void Without_a_rate_it_has_no_amount_and_says_why()
    {
        var rated = Charge(new PriceTag(3)).Rated(Of().State, Unknown(1, 1));

        (rated.Amount, rated.Price).Should().Be((Money.Zero, new PriceTag(3, null, new Unpriceable("model", "has no price"))));
    }

    [Fact]
    public void Nobody_asked_for_a_price_is_no_price()
    {
        var book = Of();

        Charging.Charge(book.State, Charge(new PriceTag()), book.Clock).Outcome.Should().Be(Outcome.PriceUnknown, "a request that came past the desk");
        Charging.Charge(book.State, Charge(null, 1), book.Clock).Outcome.Should().Be(Outcome.Accepted);
    }

    [Fact]
    public void What_a_request_with_usage_says_is_its_usage_and_not_what_it_cost()
    {
        var print = Fingerprint.Of(Charge(new PriceTag()));

        Fingerprint.Of(Charge(new PriceTag(1, "gpt-5@1"), 5)).Should().Be(print);
        Fingerprint.Of(Charge(new PriceTag(1, null, new Unpriceable("model", "x")))).Should().Be(print);
        Fingerprint.Of(Charge(null, 5)).Should().NotBe(print);
        Fingerprint.Of(Charge(null)).Should().NotBe(print, "an amount of zero is an amount");
        Fingerprint.Of(Charge(new PriceTag(2))).Should().NotBe(print);
        Fingerprint.Of(Charge(new PriceTag(), purpose: Purpose with { Usage = Purpose.Usage! with { Batch = true } })).Should().NotBe(print);
        Fingerprint.Of(Charge(new PriceTag(), purpose: Purpose with { Usage = Purpose.Usage! with { CacheWrite1hTokens = 1 } })).Should().NotBe(print);
    }

    /// <summary>Keys are kept for ever, and with them what their requests said: a fingerprint that changes would refuse every retry from before.</summary>
    [Fact]
    public void Fingerprints_do_not_change() => new[]
    {
        Fingerprint.Of(Charge(null, 5)),
        Fingerprint.Of(new HoldRequest(new HoldId("h"), Usd(5), Purpose, new IdempotencyKey("k"), 600)),
        Fingerprint.Of(new SettleRequest(new HoldId("h"), Usd(5), Purpose)),
        Fingerprint.Of(Charge(new PriceTag())),
    }.Select(f => f.Value.ToString("x32")).Should().Equal("b10a9514dd432c251ec50bbd290de6a9", "f2c4c199cac589a3f254bc6b5c7eb44f", "6d2d14333eaa344083f74894aec52113", "cbc98d798652c597eb43ed1104c573c2");

    [Fact]
    public void A_price_is_in_the_entry_in_the_answer_and_in_its_replay()
    {
        var book = Of();
        var price = new PriceTag(1, "gpt-5@1");

        book.Charge(1, "k", price: price);
        book.Receipt.PriceVersion.Should().Be("gpt-5@1");
        book.Charge(2, "k", price: price with { Version = "gpt-5@2" }).ReplayOf.Should().BePositive();
        book.Hold(1, price: price);
        book.Receipt.PriceVersion.Should().Be("gpt-5@1");
        book.Settle(1, price: price with { Version = "gpt-5@2" });
        book.Receipt.PriceVersion.Should().Be("gpt-5@2");
        book.Entries.Select((e, i) => Receipts.EntryOf(e, i + 1)?.PriceVersion).OfType<string>().Should().Equal("gpt-5@1", "gpt-5@1", "gpt-5@2");
    }
}
