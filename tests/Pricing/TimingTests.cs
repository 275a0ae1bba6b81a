namespace Budgets.Tests.Pricing;

/// <summary>Which price counts when.</summary>
public sealed class TimingTests
{
    private static readonly TokenUsage Million = new(InputTokens: 100_000);

    [Theory]
    [InlineData("gpt-5.6-luna", "2026-07-29T23:59:59.9999999Z", 0.10)]
    [InlineData("gpt-5.6-luna", "2026-07-30T00:00:00Z", 0.02)]
    [InlineData("gpt-5.6-luna", "2026-07-30T01:59:59+02:00", 0.10)]
    [InlineData("gemini-3.8-flash", "2026-12-31T23:59:59Z", 0.075)]
    [InlineData("gemini-3.8-flash", "2027-01-01T00:00:00Z", 0.15)]
    [InlineData("deepseek-v4-flash", "2026-08-16T02:00:00Z", 0.014)]
    [InlineData("deepseek-v4-flash", "2026-08-17T02:00:00Z", 0.044)]
    [InlineData("deepseek-v4-flash", "2026-08-17T00:59:59Z", 0.022)]
    [InlineData("deepseek-v4-flash", "2026-08-17T04:00:00Z", 0.022)]
    [InlineData("deepseek-v4-flash", "2026-08-17T12:00:00+05:00", 0.044)]
    [InlineData("deepseek-chat", "2026-11-24T00:29:59Z", 0.0135)]
    [InlineData("deepseek-chat", "2026-11-24T00:30:00Z", 0.027)]
    [InlineData("deepseek-chat", "2026-11-24T16:30:00Z", 0.0135)]
    public void A_price_holds_from_when_it_begins_until_another_does(string model, string at, double dollars) =>
        Priced.Quote(model, Million, Priced.At(at)).Amount.InDollars.Should().Be((decimal)dollars);

    /// <summary>A hold must cover what it may cost by the time it is settled.</summary>
    [Theory]
    [InlineData("2026-11-24T00:00:00Z", 600, 0.022)]
    [InlineData("2026-11-24T00:00:00Z", 3_599, 0.022)]
    [InlineData("2026-11-24T00:00:00Z", 3_600, 0.044)]
    [InlineData("2026-11-24T09:59:00Z", 600, 0.044)]
    [InlineData("2026-11-24T10:00:00Z", 600, 0.022)]
    [InlineData("2026-11-24T10:00:00Z", 86_400, 0.044)]
    [InlineData("2026-08-16T23:00:00Z", 3_599, 0.014)]
    [InlineData("2026-08-16T23:00:00Z", 3_600, 0.022)]
    [InlineData("2026-08-16T23:00:00Z", 7_200, 0.044)]
    public void Until_it_is_spent_the_dearest_price_counts(string from, int seconds, double dollars)
    {
        var quote = Priced.Quote("deepseek-v4-flash", Million, Priced.At(from), Priced.At(from).AddSeconds(seconds));

        quote.Amount.InDollars.Should().Be((decimal)dollars);
        quote.Version.Should().StartWith("deepseek-v4-flash@");
    }

    [Theory]
    [InlineData("21:59", false)]
    [InlineData("22:00", true)]
    [InlineData("23:59", true)]
    [InlineData("00:00", true)]
    [InlineData("05:59", true)]
    [InlineData("06:00", false)]
    public void Hours_may_go_over_midnight(string time, bool holds)
    {
        var night = Priced.Price(Priced.Rates(input: 1)) with { DailyFrom = new TimeOnly(22, 0), DailyUntil = new TimeOnly(6, 0) };

        night.Holds(Priced.At($"2026-11-24T{time}Z")).Should().Be(holds);
    }
}
