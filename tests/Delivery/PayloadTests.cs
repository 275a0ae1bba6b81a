using System.Text.Json;
using Budgets.Delivery;
using Budgets.Tests.Grains;
using static Budgets.Tests.Delivery.Told;

namespace Budgets.Tests.Delivery;

/// <summary>What a receiver reads.</summary>
public sealed class PayloadTests
{
    private const string Drivers = """[{"model":"claude-4-5-sonnet","cost":12.00,"calls":80},{"model":"dall-e-3","cost":6.00,"calls":60}]""";

    [Fact]
    public void A_warning_is_the_seed_documents_example_to_the_letter() => Payload.Of(Warned(1), 0).Should().Be(
        """{"alert_type":"budget_warning","agent_id":"agent_0123456789abcdefghij","limit_type":"daily","limit_amount":25.00,"amount_spent":20.00,"""
        + "\"percent_used\":80,\"amount_remaining\":5.00,\"estimated_time_until_depleted\":\"3.2 hours\","
        + "\"recommended_action\":\"Consider pausing non-critical operations\",\"top_cost_drivers\":" + Drivers + "}");

    [Fact]
    public void Others_say_more() => Payload.Of(
        Of(AlertKinds.BudgetExceeded) with { Standing = Standing(24.000000001m, 25, held: 0.5m), Passed = [80, 95], Detail = "A request for $1.00 was refused." }, 3).Should().Be(
        """{"alert_type":"budget_exceeded","agent_id":"agent_0123456789abcdefghij","agent_name":"scribe","occurred_at":"2026-03-04T12:00:00Z","limit_type":"daily","""
        + "\"limit_amount\":25.00,\"amount_spent\":24.000000001,\"amount_held\":0.50,\"percent_used\":96,\"amount_remaining\":0.499999999,"
        + "\"resets_at\":\"2026-03-05T00:00:00Z\",\"estimated_time_until_depleted\":\"19 minutes\","
        + "\"recommended_action\":\"Raise the limit, or let the agent wait until it resets\",\"top_cost_drivers\":" + Drivers
        + ",\"detail\":\"A request for $1.00 was refused.\",\"also_crossed\":[80,95],\"alerts_dropped\":3}");

    [Fact]
    public void What_is_asked_and_decided_is_told_and_nothing_to_decide_with()
    {
        var asked = new Approval(
            ApprovalId.Of(Agent, 7), "generate_100_videos", Ask.Usd(50), "Monthly <batch>", Urgency.High, ApprovalKind.Operation, null, Noon, "agent:spend", Noon.AddDays(1), Times: 3);
        var requested = Of(AlertKinds.ApprovalRequested) with { Approval = new ApprovalNotice(asked, ApprovalStatus.Pending, null, ["boss@example.com"]) };
        var denied = Of(AlertKinds.ApprovalDecided) with { Approval = new ApprovalNotice(asked, ApprovalStatus.Denied, new Verdict(Noon, "operator", "rest", "too dear"), []) };

        Payload.Of(requested, 0).Should().Contain("\"approval_id\":\"apr_0123456789abcdefghij_7\",\"status\":\"pending\"").And.Contain("\"times_asked\":3").And.NotContain("boss@").And.NotContain("/approve/");
        Payload.Of(denied, 0).Should().Contain("\"status\":\"denied\"").And.Contain("\"denial_reason\":\"too dear\"").And.Contain("\"decided_by\":\"operator\"");
        var mail = Mailing.Of(requested, 0);
        mail.Title.Should().Be("scribe asks for $50.00: generate_100_videos");
        mail.Asks.Should().BeEquivalentTo(new { asked.Id, Agent, Until = asked.ExpiresAt });
        Mailing.Of(denied, 0).Asks.Should().BeNull("there is nothing left to decide");
    }

    [Theory]
    [InlineData(AlertKinds.PeriodReset, "period_reset")]
    [InlineData(AlertKinds.RunawayDetected, "runaway_detected")]
    [InlineData(AlertKinds.ChildOverBudget, "child_over_budget")]
    [InlineData(AlertKinds.WebhookDisabled, "webhook_disabled")]
    [InlineData(AlertKinds.Test, "test")]
    public void Every_kind_can_be_told_without_figures(AlertKinds kind, string name)
    {
        var alert = Of(kind) with { Standing = null, Percent = null, SpentPerHour = null, Drivers = default, Passed = default, Detail = "40 calls with \"the same\" <text>\nin a minute" };

        var body = JsonDocument.Parse(Payload.Of(alert, 0)).RootElement;

        body.GetProperty("alert_type").GetString().Should().Be(name);
        body.GetProperty(kind == AlertKinds.RunawayDetected ? "evidence" : "detail").GetString().Should().Be(alert.Detail);
        body.GetProperty("recommended_action").GetString().Should().NotBeNullOrEmpty();
        body.TryGetProperty("limit_amount", out _).Should().BeFalse();
        Mailing.Of(alert, 2).Paragraphs.Should().Contain("2 more alerts had no room and were not sent.");
    }

    [Theory]
    [InlineData(5, 1.5625, "3.2 hours")]
    [InlineData(5, 12.0, "25 minutes")]
    [InlineData(1, 1.0, "1 hour")]
    [InlineData(108, 1.0, "4.5 days")]
    [InlineData(0.001, 100.0, "1 minute")]
    [InlineData(0, 1.0, "0 minutes")]
    [InlineData(0, null, "0 minutes")]
    [InlineData(5, null, "unknown")]
    [InlineData(5, 0.0, "unknown")]
    [InlineData(1_000_000, 0.001, "more than 365 days")]
    public void The_time_left_is_told_as_people_tell_it(double remaining, double? perHour, string told) =>
        Advice.TimeLeft(Ask.Usd((decimal)remaining), perHour is { } rate ? Ask.Usd((decimal)rate) : null).Should().Be(told);

    [Fact]
    public void A_person_reads_what_happened_how_it_stands_and_what_to_do()
    {
        var page = Mailing.Of(Warned(1) with { Passed = [50] }, 0);

        page.Title.Should().Be("scribe has used 80 % of its daily limit");
        page.Lines.Select(l => $"{l.Label}: {l.Value}").Should().Equal(
            "Spent: $20.00 of $25.00 (80 %)", "Remaining: $5.00", "Lasts for: 3.2 hours", "Resets: 2026-03-05 00:00 UTC", "claude-4-5-sonnet: $12.00, 80 calls",
            "dall-e-3: $6.00, 60 calls", "When: 2026-03-04 12:00 UTC");
        page.Paragraphs.Should().Equal("Consider pausing non-critical operations.", "The same step also passed 50 %.");
    }

    [Fact]
    public void A_name_cannot_break_a_subject_in_two()
    {
        var page = Mailing.Of(Warned(1) with { AgentName = "scribe\r\nBcc: all@example.com\u2028x" + new string('y', 500) }, 0);

        page.Title.Should().NotContainAny("\r", "\n", "\u2028");
        page.Title.Length.Should().BeLessThan(120);
    }
}
