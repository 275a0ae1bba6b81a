using System.Collections.Immutable;
using Budgets.Ledger;

namespace Budgets.Tests.Journal;

/// <summary>A life that has one of every event, with every member said.</summary>
internal static class Examples
{
    public static readonly AgentId Agent = new("agent_0123456789abcdefghij");

    private static readonly DateTimeOffset Start = new(2026, 3, 4, 23, 58, 0, TimeSpan.Zero);

    private static readonly Spans First = new(Day(4), new PeriodWindow(Day(2).From, Day(9).From), new PeriodWindow(Day(1).From, Day(32).From), new DateOnly(2026, 3, 4));

    private static readonly Limits Limits = new(Usd(5), Usd(25), Usd(100), Usd(300), Usd(1_000), Usd(10), HardStop: false, ResumeAfterSeconds: 300);

    private static readonly RechargeSettings Recharges = new(true, RechargeMode.Predictive, Usd(100), Usd(10), Usd(200), 5, 60, 24, "pm_1");

    private static readonly Purpose Purpose = new(
        "gpt-5", "summarise \"ünïcødé\" <&>", ["nightly", "team:a"], new TokenUsage(1_000, 200, 30, 40, 50, 6, 7));

    private static readonly EndedHold Ended = new(new HoldId("res_0000000000000000000A"), Usd(2), Start.AddSeconds(603), new Admission(0, 0, 0, 0), new DateOnly(2026, 3, 4), Purpose, Draw: 1);

    private static readonly Loan Loan = new(
        1, 2, Usd(3), Usd(1), Usd(0.5m), new Admission(0, 0, 0, 0), 1, Start.AddMinutes(2), IsExact: true, Start.AddSeconds(14), IsOpen: true);

    public static IReadOnlyList<BudgetEvent> Events { get; } =
    [
        new Opened(Start, "operator", "scribe", new AgentId("agent_parent789abcdefghij"), "UTC", IsoDayOfWeek.Monday, First, Start.AddDays(30), 3),
        new Moved(Start, "operator", new AgentId("agent_another89abcdefghij")),
        new Described(Start.AddSeconds(1), "agent:manage", "scribe 2", ImmutableSortedDictionary<string, string>.Empty.Add("owner", "müller").Add("a", "b")),
        new Configured(Start.AddSeconds(2), "operator", Limits, Limits with { Daily = null, HardStop = true }, "UTC", IsoDayOfWeek.Monday, new AlertSettings([50, 80], "ops@example.com"), First),
        new DrawAsked(Start.AddSeconds(2), new Asked(1, 1, Usd(0), Usd(2), Usd(10), IsExact: true)),
        new DrawAnswered(Start.AddSeconds(2), new Answered(1, 1, Usd(10), Start.AddMinutes(2), IsExact: true)),
        new Held(Start.AddSeconds(3), Ended.Id, Usd(2), Start.AddSeconds(603), Purpose, new IdempotencyKey("key-1"), Print(1), After(0, 2), [new Warning(LimitType.Daily, Usd(25), 104)]),
        new Charged(
            Start.AddSeconds(4), new ChargeId("chg_0000000000000000000A"), new Money(75_000), Purpose, new IdempotencyKey("key-2"), Print(2), ChargeMode.Record, Start,
            Overage: true, After(0.000075m, 2), [new Warning(LimitType.Weekly, Usd(100), 50)]),
        new Extended(Start.AddSeconds(5), Ended.Id, Usd(2), Start.AddSeconds(603), new IdempotencyKey("key-3"), Print(3), After(0.000075m, 2)),
        new Settled(
            Start.AddSeconds(6), Ended, Usd(1.5m), Usd(0.5m), Overage: true, Late: false, Purpose, new IdempotencyKey("key-4"), Print(4), After(1.500075m, 0), [new Warning(LimitType.Total, Usd(1_000), 100)]),
        Opened("B", 7),
        new Released(Start.AddSeconds(8), Ended with { Id = new HoldId("res_0000000000000000000B") }, new IdempotencyKey("key-6"), Print(6), After(1.500075m, 0)),
        Opened("C", 9),
        new Expired(Start.AddSeconds(10), Ended with { Id = new HoldId("res_0000000000000000000C") }, After(1.500075m, 0)),
        new Frozen(Start.AddSeconds(11), "max_spend_per_minute", "max_spend_per_minute was exceeded", Start.AddSeconds(311), Tripped: true),
        new Unfrozen(Start.AddSeconds(12), "resume_after"),
        Opened("D", 13),
        new Lent(Start.AddSeconds(14), Loan, After(2.500075m, 4)),
        new Rolled(Start.AddMinutes(3), new Spans(Day(5), null, null, new DateOnly(2026, 3, 5))),
        new Alerted(Start.AddMinutes(3), Told(1, AlertKinds.BudgetExceeded)),
        new AlertsTaken(Start.AddMinutes(3), 1),
        new Alerted(Start.AddMinutes(3), Told(2, AlertKinds.BudgetWarning)),
        new ApprovalAsked(Start.AddMinutes(3), Asked(1)),
        new ApprovalAskedAgain(Start.AddMinutes(3), Asked(1).Id, 2),
        new ApprovalReminded(Start.AddMinutes(3), Asked(1).Id, 1),
        new Permitted(Start.AddMinutes(3), Asked(1).Id, Permission),
        new ApprovalAsked(Start.AddMinutes(3), Asked(2) with { Kind = ApprovalKind.LimitIncrease, Limit = LimitType.Daily }),
        new ApprovalEnded(Start.AddMinutes(3), Asked(2) with { Kind = ApprovalKind.LimitIncrease, Limit = LimitType.Daily }, ApprovalStatus.Denied, Permission.Verdict),
        new DayClosed(Start.AddMinutes(4), new DateOnly(2026, 3, 3), UsageBook.Empty.Add(Usd(3), Purpose).Add(Usd(1), Purpose.None)),
        new Credited(Start.AddMinutes(4), "operator", Usd(25), CreditSource.Payment, "invoice 7, \"paid\"", new IdempotencyKey("credit-1"), Print(7), Usd(25)),
        new RechargeConfigured(Start.AddMinutes(4), "operator", Recharges, Recharges with { MaxPerMonth = 9 }),
        new RechargeChecked(Start.AddMinutes(4), Usd(15.5m)),
        new RechargeStarted(Start.AddMinutes(4), RechargeId.Of(Agent, 1), Usd(100), RechargeReason.Predictive, Usd(9.5m), "pm_1"),
        new RechargeTaken(Start.AddMinutes(4), RechargeId.Of(Agent, 1)),
        new RechargeEnded(Start.AddMinutes(4), RechargeId.Of(Agent, 1), PaymentStatus.Declined, "stripe", "pi_1", Usd(0), "card_declined", Start.AddMinutes(4), Usd(25)),
        new RechargePaused(Start.AddMinutes(4), RechargePauseReason.Failed),
        new RechargeResumed(Start.AddMinutes(4), "operator", 5),
        new Reconciled(
            Start.AddMinutes(4), "operator", "openai", [new Correction("gpt-5", new DateOnly(2026, 3, 3), Usd(4), Usd(0.5m), 100, 20)], Usd(0.5m), Usd(0.5m), Usd(0.5m),
            new IdempotencyKey("key-7"), Print(20), Overage: true, After(3.000075m, 4).SetItem(0, new Balance(LimitType.Daily, Usd(0), Usd(0), Usd(25))), [new Warning(LimitType.Total, Usd(1_000), 50)]),
        new Closed(Start.AddMinutes(5), "operator"),
    ];

    /// <summary>The same with what came later: members that are left out where they say nothing.</summary>
    public static IReadOnlyList<BudgetEvent> Priced { get; } =
    [
        .. Events.Select(e => e switch
        {
            Held h => h with { PriceVersion = "gpt-5@0123456789ab", Purpose = ByBatch },
            Charged c => c with { PriceVersion = "gpt-5@operator-7", Purpose = ByBatch },
            Settled t => t with { PriceVersion = "on_unknown_price:10.00:50.00", Purpose = ByBatch },
            Configured c => c with { Above = c.Above with { OnUnknownPrice = new UnknownPriceRate(Usd(10), Usd(50), Usd(0.1m)) } },
            _ => e,
        }).Except(Events).DistinctBy(e => e.GetType()),
    ];

    /// <summary>A day that is found by its date, closed by more than one event.</summary>
    public static DayClosed Filed { get; } = Events.OfType<DayClosed>().Single() with { Earlier = 17 };

    /// <summary>The same with its hours.</summary>
    public static DayClosed Hourly { get; } = Filed with
    {
        Hours = [new HourSums(Start.AddHours(-2).AddMinutes(2), new Sums(Usd(3), 1, 1_000, 200, 30, 40)), new HourSums(Start.AddMinutes(2), new Sums(Usd(1), 1, 0, 0, 0, 0))],
    };

    /// <summary>Of a hold that knows its hour.</summary>
    public static Settled SettledInHour { get; } = Events.OfType<Settled>().Single() with { Hold = Ended with { Hour = Start.AddMinutes(2) } };

    /// <summary>A hold that books itself, and what becomes of it.</summary>
    public static IReadOnlyList<BudgetEvent> Assumed { get; } =
    [
        Events.OfType<Held>().First() with { BooksItself = true },
        Events.OfType<Settled>().Single() with { Key = null, Fingerprint = Digest.None, Amount = Usd(2), Released = Usd(0), Overage = false, Purpose = Purpose with { Usage = null }, Assumed = true },
        Events.OfType<Settled>().Single() with { Released = Usd(0), Late = true, Corrects = true },
        Events.OfType<Released>().Single() with { Corrects = true },
    ];

    /// <summary>With all that advice is made of.</summary>
    public static DayClosed Habitual { get; } = Filed with
    {
        Usage = UsageBook.Empty with
        {
            Habits = Habits.Of([new Habit("write", "gpt-5", Worked(9), 1_000, 200, Worked(3), Worked(2), Worked(4), new SmallCalls(29_543_046, Worked(1))), new Habit("read", "gpt-5", Worked(1), 10, 2)]),
        },
    };

    /// <summary>A charge that says what was asked.</summary>
    public static Charged Prompted { get; } = Events.OfType<Charged>().Single() with { Purpose = Purpose with { PromptHash = "sha256:0a1b" } };

    /// <summary>Of several calls, and of one of them.</summary>
    public static Held Whole { get; } = Events.OfType<Held>().First() with { Dearest = Usd(0.5m) };

    public static Held Part { get; } = Events.OfType<Held>().First() with { OutOf = new HoldId("gwr_0000000000000000000A") };

    /// <summary>A charge for nothing: the answer was there.</summary>
    public static Charged SparedCharge { get; } = Events.OfType<Charged>().Single() with { Purpose = Purpose with { Saved = Usd(2) } };

    /// <summary>A day with such calls.</summary>
    public static DayClosed SparedDay { get; } = Filed with { Usage = UsageBook.Empty with { Spared = new Spared(3, Usd(6)) } };

    private static Work Worked(long calls) => new(calls, Usd(calls), calls * 10, calls * 20, calls * 30, calls * 40, calls * 50);

    /// <summary>With alerts of two layers.</summary>
    public static Configured Layered { get; } = Events.OfType<Configured>().Single() with
    {
        Alerts = new AlertSettings([50, 80], "ops@example.com", AlertKinds.BudgetWarning | AlertKinds.PeriodReset),
        AlertsAbove = new AlertSettings([80], "boss@example.com", AlertKinds.BudgetExceeded),
    };

    /// <summary>The same with an approval that it used.</summary>
    public static IReadOnlyList<BudgetEvent> Approved { get; } =
    [
        .. Events.Select(e => e switch
        {
            Held h => h with { Approval = Asked(1) with { Permission = Permission } },
            Charged c => c with { Approval = Asked(1) with { Permission = Permission } },
            Configured c => c with { Above = c.Above with { ApprovalThreshold = Usd(10) } },
            Alerted a => a with { Alert = a.Alert with { Kind = AlertKinds.ApprovalDecided, Approval = new ApprovalNotice(Asked(1), ApprovalStatus.Approved, Permission.Verdict, ["boss@example.com"]) } },
            _ => e,
        }).Except(Events).DistinctBy(e => e.GetType()),
    ];

    /// <summary>With a mode of holds.</summary>
    public static Configured Expecting { get; } = Layered with { Above = Layered.Above with { HoldMode = HoldMode.Expected }, Own = Layered.Own with { HoldMode = HoldMode.Strict } };

    private static Permission Permission => new(Usd(20), Start.AddDays(1), MayPassLimit: true, new Verdict(Start.AddMinutes(3), "parent:manage", "rest", "once", new AgentId("agent_parent789abcdefghij")));

    private static Approval Asked(int number) => new(
        ApprovalId.Of(Agent, number), "generate_100_videos", Usd(50), "Monthly content batch", Urgency.Medium, ApprovalKind.Operation, null, Start.AddMinutes(2), "agent:spend", Start.AddDays(2));

    private static Alert Told(long number, AlertKinds kind) => new(
        number, kind, Start.AddMinutes(3), Agent, "scribe 2", new LimitStanding(LimitType.Daily, Layer.Above, HardStop: false, Usd(25), Usd(21), Usd(2), Day(5)), 80, [50], Usd(3.5m),
        [new NamedSums("gpt-5", new Sums(Usd(1), 2, 3, 4, 5, 6))], ["ops@example.com"], "A request was refused.", 1);

    private static Purpose ByBatch => Purpose with { Usage = Purpose.Usage! with { CacheWrite1hTokens = 20, Batch = true } };

    private static Held Opened(string id, int second) => new(
        Start.AddSeconds(second), new HoldId($"res_0000000000000000000{id}"), Usd(2), Start.AddSeconds(603), Purpose, new IdempotencyKey($"hold-{id}"), Print(second), After(1.500075m, 2), []);

    private static Money Usd(decimal dollars) => Money.FromDollars(dollars);

    private static Digest Print(int n) => new(new UInt128(0x0123456789abcdef, (ulong)n));

    private static PeriodWindow Day(int day)
    {
        var from = new DateTimeOffset(2026, 3, 1, 0, 0, 0, TimeSpan.Zero).AddDays(day - 1);
        return new PeriodWindow(from, from.AddDays(1));
    }

    private static ImmutableArray<Balance> After(decimal spent, decimal held) =>
        [.. ((LimitType[])[LimitType.Daily, LimitType.Weekly, LimitType.Monthly, LimitType.Total]).Select(t => new Balance(t, Usd(spent), Usd(held), t == LimitType.Daily ? Usd(25) : null))];
}
