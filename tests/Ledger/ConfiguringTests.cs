using Budgets.Ledger;
using static Budgets.Tests.Ledger.Passbook;

namespace Budgets.Tests.Ledger;

public sealed class ConfiguringTests
{
    private static readonly Limits All = new(Usd(1), Usd(25), Usd(100), Usd(300), Usd(1000), Usd(5), false, 60);

    [Fact]
    public void A_field_left_out_keeps_its_value()
    {
        var book = Of(own: All, above: All with { HardStop = true }, zone: "Asia/Tokyo", weekStart: IsoDayOfWeek.Sunday, alerts: [50, 80]);
        var before = book.State;

        book.Configure(c => c).Result.Should().Be(ConfigureResult.Done);

        book.State.Should().BeEquivalentTo(before, o => o.Excluding(s => s.Seq));
    }

    /// <summary>bifrost #5673: a field was dropped in silence and never enforced.</summary>
    [Theory]
    [InlineData(LimitType.PerMinute)]
    [InlineData(LimitType.Daily)]
    [InlineData(LimitType.Weekly)]
    [InlineData(LimitType.Monthly)]
    [InlineData(LimitType.Total)]
    [InlineData(LimitType.PerCall)]
    public void Each_limit_is_set_removed_and_blocking_at_zero_bifrost_5673(LimitType type)
    {
        var book = Of(own: All);

        book.Configure(Set(type, Usd(0.5m)));
        book.State.Own.Should().Be(All.With(type, Usd(0.5m)));

        book.Configure(Set(type, null));
        book.State.Own.Should().Be(All.With(type, null));

        book.Configure(c => Set(type, Money.Zero)(c) with { HardStop = true });
        book.Charge(0).Outcome.Should().Be(type == LimitType.PerMinute ? Outcome.RateExceeded : Outcome.BudgetExceeded);
    }

    [Fact]
    public void A_change_binds_the_next_request_also_with_holds_open()
    {
        var book = Daily(25);
        book.Hold(20);

        book.Configure(Set(LimitType.Daily, Usd(20)));
        book.Charge(0.01m).Outcome.Should().Be(Outcome.BudgetExceeded);

        book.Configure(Set(LimitType.Daily, Usd(30)));
        book.Charge(10).Outcome.Should().Be(Outcome.Accepted);
    }

    [Fact]
    public void The_layer_above_and_the_agents_own_are_kept_apart()
    {
        var book = Of();

        book.Configure(new ConfigureRequest(Layer.Above, "operator", false, Daily: Change.To<Money?>(Usd(10))));
        book.Configure(Set(LimitType.Daily, Usd(5)));

        (book.State.Above.Daily, book.State.Own.Daily).Should().Be((Usd(10), Usd(5)));
    }

    [Theory]
    [InlineData("10", true)]
    [InlineData("10.000000001", false)]
    public void A_limit_from_above_is_a_ceiling(string own, bool allowed)
    {
        var book = Of(above: new Limits(Daily: Usd(10)));

        var outcome = book.Configure(Set(LimitType.Daily, Usd(decimal.Parse(own, System.Globalization.CultureInfo.InvariantCulture))));

        outcome.Result.Should().Be(allowed ? ConfigureResult.Done : ConfigureResult.AboveCeiling);
        outcome.Field.Should().Be(allowed ? null : "daily_limit");
        book.State.Own.Daily.HasValue.Should().Be(allowed);
    }

    [Fact]
    public void A_ceiling_lowered_below_the_agents_own_limit_binds_at_once()
    {
        var book = Of(own: new Limits(Daily: Usd(20)));

        book.Configure(new ConfigureRequest(Layer.Above, "operator", false, Daily: Change.To<Money?>(Usd(10))));

        book.Charge(11).Refusal!.Standing!.SetBy.Should().Be(Layer.Above);
    }

    [Fact]
    public void A_rate_for_unknown_prices_set_from_above_can_only_be_made_dearer_and_the_dearer_part_holds()
    {
        var above = new UnknownPriceRate(Usd(10), Usd(50));
        var book = Of(above: new Limits(OnUnknownPrice: above));
        ConfigureOutcome Own(UnknownPriceRate? rate) => book.Configure(c => c with { OnUnknownPrice = Change.To<UnknownPriceRate?>(rate) });
        var million = new Quote(default, null, new Unpriceable("model", "has no price"), new CeilingCounts(1_000_000, 1_000_000, 1));
        decimal Cost() => new ChargeRequest(new ChargeId("chg_"), default, Purpose.None, new IdempotencyKey("k"), Price: new PriceTag()).Rated(book.State, million).Amount.InDollars;

        Own(new UnknownPriceRate(Usd(9), Usd(60))).Should().BeEquivalentTo(new { Result = ConfigureResult.AboveCeiling, Field = "on_unknown_price" });
        Own(new UnknownPriceRate(Usd(10), Usd(60), Usd(1))).Result.Should().Be(ConfigureResult.Done);
        Cost().Should().Be(71);
        book.Configure(new ConfigureRequest(Layer.Above, "operator", false, OnUnknownPrice: Change.To<UnknownPriceRate?>(new UnknownPriceRate(Usd(20), Usd(20)))));
        Cost().Should().Be(81, "in each part the dearer one");
        Own(null).Result.Should().Be(ConfigureResult.Done);
        Cost().Should().Be(0, "there is no rate for images any more");
        book.ReadAgain().Above.OnUnknownPrice.Should().Be(new UnknownPriceRate(Usd(20), Usd(20)));
    }

    public static TheoryData<string, string, Func<ConfigureRequest, ConfigureRequest>> Widenings { get; } = new()
    {
        { "raise a limit", "daily_limit", c => c with { Daily = Change.To<Money?>(Usd(26)) } },
        { "remove a limit", "daily_limit", c => c with { Daily = Change.To<Money?>(null) } },
        { "raise the breaker", "max_spend_per_minute", c => c with { PerMinute = Change.To<Money?>(Usd(2)) } },
        { "tighten one and raise another", "monthly_limit", c => c with { Daily = Change.To<Money?>(Usd(1)), Monthly = Change.To<Money?>(Usd(301)) } },
        { "soften", "hard_stop", c => c with { HardStop = false } },
        { "resume sooner", "resume_after_seconds", c => c with { ResumeAfterSeconds = Change.To<int?>(1) } },
        { "move its midnight", "time_zone", c => c with { TimeZone = "Asia/Tokyo" } },
        { "move its week", "week_start", c => c with { WeekStart = IsoDayOfWeek.Sunday } },
        { "silence its alerts", "alert_at_*_percent", c => c with { AlertAt80 = false } },
        { "price what has no price", "on_unknown_price", c => c with { OnUnknownPrice = Change.To<UnknownPriceRate?>(new UnknownPriceRate(Usd(1), Usd(1))) } },
        { "send its alerts elsewhere", "escalation_email", c => c with { EscalationEmail = Change.To<string?>("me@example.org") } },
    };

    /// <summary>Promise 6: an agent cannot widen its own budget.</summary>
    [Theory]
    [MemberData(nameof(Widenings))]
    public void A_spend_key_only_tightens_and_a_refused_change_is_refused_whole(string it, string field, Func<ConfigureRequest, ConfigureRequest> change)
    {
        var book = Of(own: All with { HardStop = true }, alerts: [80]);
        var before = book.State;

        var outcome = book.Configure(change(new ConfigureRequest(Layer.Own, "agent:spend", OnlyTighten: true)));

        outcome.Result.Should().Be(ConfigureResult.WouldWiden, it);
        outcome.Field.Should().Be(field);
        book.State.Should().Be(before);
    }

    [Fact]
    public void A_spend_key_may_set_lower_and_harden()
    {
        var book = Of(own: new Limits(Daily: Usd(25), HardStop: false));

        var outcome = book.Configure(new ConfigureRequest(
            Layer.Own, "agent:spend", OnlyTighten: true, Daily: Change.To<Money?>(Usd(10)), PerCall: Change.To<Money?>(Usd(1)), HardStop: true));

        outcome.Result.Should().Be(ConfigureResult.Done);
        book.State.Own.Should().Be(new Limits(Daily: Usd(10), PerCall: Usd(1), HardStop: true));
    }

    [Fact]
    public void A_zone_that_does_not_exist_is_refused_with_its_name()
    {
        var outcome = Of().Configure(c => c with { TimeZone = "Mars/Olympus_Mons" });

        outcome.Should().BeEquivalentTo(new { Result = ConfigureResult.UnknownTimeZone, Field = "time_zone" });
        outcome.Detail.Should().Contain("Mars/Olympus_Mons");
    }

    [Fact]
    public void Alerts_are_switched_one_by_one()
    {
        var book = Of(alerts: [50]);

        book.Configure(c => c with { AlertAt95 = true, AlertAt80 = true, AlertAt50 = true });
        book.State.Terms.Alerts.Thresholds.Should().Equal(50, 80, 95);

        book.Configure(c => c with { AlertAt80 = false, EscalationEmail = Change.To<string?>("boss@example.org") });
        book.State.Terms.Alerts.Thresholds.Should().Equal(50, 95);
        book.State.Terms.Alerts.EscalationEmail.Should().Be("boss@example.org");
    }

    /// <summary>Everybody sees what binds: held beside spent, two layers with one limit once.</summary>
    [Fact]
    public void The_view_lists_every_limit_with_spent_and_held()
    {
        var book = Of(own: new Limits(Daily: Usd(25), Monthly: Usd(100)), above: new Limits(Daily: Usd(25), Weekly: Usd(50), HardStop: true));
        book.Charge(5);
        book.Hold(2.5m);

        var windows = book.Now.View().Windows;

        windows.Select(w => (w.Type, w.SetBy, w.Limit.InDollars, w.Spent.InDollars, w.Held.InDollars, w.Remaining.InDollars, w.PercentUsed)).Should().Equal(
            (LimitType.Daily, Layer.Above, 25m, 5m, 2.5m, 17.5m, 20m),
            (LimitType.Weekly, Layer.Above, 50m, 5m, 2.5m, 42.5m, 10m),
            (LimitType.Monthly, Layer.Own, 100m, 5m, 2.5m, 92.5m, 5m));
    }

    private static Func<ConfigureRequest, ConfigureRequest> Set(LimitType type, Money? limit) => c => type switch
    {
        LimitType.PerMinute => c with { PerMinute = Change.To<Money?>(limit) },
        LimitType.Daily => c with { Daily = Change.To<Money?>(limit) },
        LimitType.Weekly => c with { Weekly = Change.To<Money?>(limit) },
        LimitType.Monthly => c with { Monthly = Change.To<Money?>(limit) },
        LimitType.Total => c with { Total = Change.To<Money?>(limit) },
        LimitType.PerCall => c with { PerCall = Change.To<Money?>(limit) },
        _ => throw new ArgumentOutOfRangeException(nameof(type)),
    };
}
