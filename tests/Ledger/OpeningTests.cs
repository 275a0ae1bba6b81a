using Budgets.Ledger;
using static Budgets.Tests.Ledger.Passbook;

namespace Budgets.Tests.Ledger;

public sealed class OpeningTests
{
    private static readonly DateTimeOffset Clock = Utc("2026-03-04T10:00Z");

    private static readonly OpenRequest Request = new("scribe", "operator", "Asia/Tokyo", IsoDayOfWeek.Sunday, new AgentId("agent_p"), null);

    [Fact]
    public void An_agent_begins_with_the_day_and_week_of_its_zone()
    {
        var born = Opened(Request);

        born.Seq.Should().Be(1);
        born.Terms.Should().BeEquivalentTo(new
        {
            Name = "scribe", Parent = new AgentId("agent_p"), TimeZone = "Asia/Tokyo", WeekStart = IsoDayOfWeek.Sunday, CreatedAt = Clock, Own = Limits.None, Above = Limits.None,
        });
        born.Current(LimitType.Daily).Span.Should().Be(new PeriodWindow(Utc("2026-03-03T15:00Z"), Utc("2026-03-04T15:00Z")));
        born.Current(LimitType.Weekly).Span.Should().Be(new PeriodWindow(Utc("2026-02-28T15:00Z"), Utc("2026-03-07T15:00Z")));
        born.Days.Should().ContainSingle().Which.Date.Should().Be(new DateOnly(2026, 3, 4));
    }

    [Fact]
    public void Its_first_limits_bind_from_its_first_entry()
    {
        var budget = new ConfigureRequest(Layer.Above, "operator", false, Daily: Change.To<Money?>(Usd(25)), AlertAt50: true);

        var born = Opened(Request with { Budget = budget });

        born.Seq.Should().Be(2);
        born.Above.Should().Be(new Limits(Daily: Usd(25)));
        born.Terms.AlertsAbove.Thresholds.Should().Equal(50);
    }

    [Theory]
    [InlineData("Tokyo", null)]
    [InlineData("UTC", "Tokyo")]
    public void In_a_zone_that_does_not_exist_nothing_is_opened(string zone, string? budgetZone)
    {
        var (outcome, happened) = Governing.Open(
            Blank().State, Request with { TimeZone = zone, Budget = new ConfigureRequest(Layer.Above, "operator", false, TimeZone: budgetZone) }, Clock);

        outcome.Result.Should().Be(ConfigureResult.UnknownTimeZone);
        outcome.Field.Should().Be("time_zone");
        happened.Should().BeEmpty();
    }

    [Fact]
    public void An_agent_is_opened_once()
    {
        var (outcome, happened) = Governing.Open(Of().State, Request, Clock);

        outcome.Result.Should().Be(ConfigureResult.AgentExists);
        happened.Should().BeEmpty();
    }

    private static BudgetState Opened(OpenRequest request)
    {
        var (outcome, happened) = Governing.Open(Blank().State, request, Clock);
        outcome.Result.Should().Be(ConfigureResult.Done);
        return happened.Aggregate(Blank().State, Fold.Apply);
    }
}
