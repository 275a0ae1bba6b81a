using System.Collections.Immutable;

namespace Budgets.Ledger;

/// <summary>"Each threshold is told once per window and limit; a limit that is used up is told once, even when the refusal comes first."</summary>
/// <remarks>
/// Decided from the state alone, which remembers what was told (<see cref="Told"/>): whatever spent the money, a charge, a settlement or a child's report, and
/// also when a limit was lowered below what was spent. A jump over several thresholds tells the highest and names the others.
/// </remarks>
public static class Alerting
{
    private const AlertKinds Escalated = AlertKinds.BudgetExceeded | AlertKinds.RunawayDetected | AlertKinds.RechargeFailed | AlertKinds.RechargeLimitExceeded;

    /// <summary>What both layers' channels are there for.</summary>
    public static AlertKinds Wanted(this Terms terms) => (terms.Alerts.Wanted ?? AlertKinds.None) | (terms.AlertsAbove.Wanted ?? AlertKinds.None);

    /// <summary>Somebody wants to hear something of this budget.</summary>
    public static bool IsTold(BudgetState s) => ToldAtAll(s.Terms) != AlertKinds.None;

    /// <summary>What is to be told after some events, before they are answered.</summary>
    /// <param name="before">The state that the events happened to.</param>
    public static ImmutableArray<BudgetEvent> After(BudgetState before, BudgetState s, ImmutableArray<BudgetEvent> happened)
    {
        var told = ToldAtAll(s.Terms);
        if (!s.Exists || s.Closed || (told == AlertKinds.None && before.Approvals.IsEmpty && s.Approvals.IsEmpty))
        {
            return [];
        }

        var alerts = ImmutableArray.CreateBuilder<BudgetEvent>(0);
        Approvals(alerts, s, happened);
        if (told == AlertKinds.None)
        {
            return alerts.DrainToImmutable();
        }

        foreach (var e in happened)
        {
            if (e is Rolled rolled && before.Exists)
            {
                Resets(alerts, before, s, rolled, told);
            }
            else if (e is Frozen { Tripped: true } frozen && told.HasFlag(AlertKinds.RunawayDetected))
            {
                Tell(alerts, s, AlertKinds.RunawayDetected, Worst(s), null, [], Evidence(s, frozen));
            }
            else if (told.HasFlag(AlertKinds.RunawayDetected) && Looping.Told(s, e) is { } loop)
            {
                Tell(alerts, s, AlertKinds.RunawayDetected, Worst(s), null, [], $"{loop}. The agent goes on.");
            }
            else if (Recharge(s, e) is var (kind, said) && told.HasFlag(kind))
            {
                Tell(alerts, s, kind, null, null, [], said);
            }
        }

        Reached(alerts, s, told, Assumed(happened));
        return alerts.DrainToImmutable();
    }

    /// <summary>What is to be told when a request, or a descendant's need, does not fit one of the agent's own limits: a refusal writes nothing else, and this once in a window.</summary>
    public static ImmutableArray<BudgetEvent> Refused(BudgetState s, Refusal refusal, DateTimeOffset clock)
    {
        if (refusal.Standing is not { Type: >= LimitType.Daily and <= LimitType.Total } standing || refusal.RefusedBy != s.Agent || !ToldAtAll(s.Terms).HasFlag(AlertKinds.BudgetExceeded))
        {
            return [];
        }

        var (now, elapsed) = s.At(clock);
        if (!now.Exists || now.Closed || now.ToldOf(standing.Type, standing.SetBy).Has(AlertKinds.BudgetExceeded))
        {
            return [];
        }

        var alerts = elapsed.ToBuilder();
        foreach (var reset in After(s, now, elapsed))
        {
            now = Fold.Apply(now, reset);
            alerts.Add(reset);
        }

        var current = Admitting.Standing(now.Current(standing.Type), standing.SetBy, standing.HardStop, standing.Limit);
        alerts.Add(AlertOf(now, now.LastAlert + 1, AlertKinds.BudgetExceeded, current, 100, [], $"A request for ${refusal.Requested} was refused."));
        return alerts.ToImmutable();
    }

    /// <summary>When the budget wants to be woken to tell that a window has ended; null: nobody wants to know.</summary>
    public static DateTimeOffset? NextReset(BudgetState s)
    {
        DateTimeOffset? next = null;
        if (s.Told.IsEmpty && !s.Terms.Wanted().HasFlag(AlertKinds.PeriodReset))
        {
            return next;
        }

        for (var type = LimitType.Daily; type <= LimitType.Monthly; type++)
        {
            var until = s.Current(type).Span.Until;
            next = IsResetTold(s, type) && !(next <= until) ? until : next;
        }

        return next;
    }

    /// <summary>What is to be said of money that came, or did not; null: nothing.</summary>
    private static (AlertKinds Kind, string Said)? Recharge(BudgetState s, BudgetEvent e) => e switch
    {
        RechargeEnded { Status: PaymentStatus.Succeeded } x => (AlertKinds.RechargeSucceeded, $"A recharge of ${x.Amount} has succeeded. {Left(s)}"),
        RechargePaused { Reason: RechargePauseReason.Limit } => (
            AlertKinds.RechargeLimitExceeded,
            FormattableString.Invariant($"{s.Recharges!.Begun} recharges were begun this month, as many as are allowed, and another is due. Recharges are paused until a person resumes them. {Left(s)}")),
        RechargePaused => (
            AlertKinds.RechargeFailed,
            $"A recharge of ${s.Recharges!.Orders[^1].Amount} has failed: {s.Recharges.Orders[^1].Ended?.Detail ?? "no reason was given"}. Recharges are paused until a person resumes them. {Left(s)}"),
        _ => null,
    };

    private static string Left(BudgetState s) => $"${s.WalletView()?.Available ?? Money.Zero} is available.";

    private static AlertKinds ToldAtAll(Terms terms) => terms.Wanted()
        | (terms.Wanted() == AlertKinds.None ? AlertKinds.None : AlertKinds.RechargeFailed | AlertKinds.RechargeLimitExceeded)
        | (terms.Alerts.EscalationEmail is null && terms.AlertsAbove.EscalationEmail is null ? AlertKinds.None : Escalated)
        | (terms is { Parent: not null, Above.HardStop: false } ? AlertKinds.ChildOverBudget : AlertKinds.None);

    private static void Reached(ImmutableArray<BudgetEvent>.Builder alerts, BudgetState s, AlertKinds told, string? detail)
    {
        var thresholds = Thresholds.Of(s.Terms);
        for (var type = LimitType.Daily; type <= LimitType.Total; type++)
        {
            var window = s.Current(type);
            for (var layer = Layer.Above; layer <= Layer.Own; layer++)
            {
                var limits = s.LimitsOf(layer);
                if (limits[type] is not { Nanos: > 0 } limit || (layer == Layer.Own && s.Above[type] == limit))
                {
                    continue;
                }

                if (Thresholds.Highest(thresholds, window.Spent, limit) is { } reached)
                {
                    Reached(alerts, s, told, Admitting.Standing(window, layer, limits.HardStop, limit), reached, thresholds, detail);
                }
            }
        }
    }

    private static void Reached(
        ImmutableArray<BudgetEvent>.Builder alerts, BudgetState s, AlertKinds told, LimitStanding standing, int reached, ImmutableArray<int> thresholds, string? detail)
    {
        var before = s.ToldOf(standing.Type, standing.SetBy);
        var passed = thresholds.RemoveAll(t => t <= before.Percent || t >= reached);
        if (reached < 100)
        {
            if (reached > before.Percent && told.HasFlag(AlertKinds.BudgetWarning))
            {
                Tell(alerts, s, AlertKinds.BudgetWarning, standing, reached, passed, detail);
            }

            return;
        }

        if (told.HasFlag(AlertKinds.BudgetExceeded) && !before.Has(AlertKinds.BudgetExceeded))
        {
            Tell(alerts, s, AlertKinds.BudgetExceeded, standing, 100, passed, detail);
        }

        if (told.HasFlag(AlertKinds.ChildOverBudget) && standing is { SetBy: Layer.Above, HardStop: false } && !before.Has(AlertKinds.ChildOverBudget))
        {
            Tell(alerts, s, AlertKinds.ChildOverBudget, standing, 100, [], detail);
        }
    }

    /// <summary>What was only assumed to be spent is not told as if it were known. Null: nothing was.</summary>
    private static string? Assumed(ImmutableArray<BudgetEvent> happened)
    {
        var told = happened.Select(e => e switch { Settled { Corrects: true } t => t.Hold.Id, Released { Corrects: true } r => r.Hold.Id, _ => (HoldId?)null }).ToHashSet();
        var assumed = happened.OfType<Settled>().Where(t => t.Assumed == true && !told.Contains(t.Hold.Id)).Aggregate(Money.Zero, (sum, t) => sum + t.Amount);
        return assumed == Money.Zero ? null : $"${assumed} was just booked on an assumption: its holds expired, and nobody has told what was spent.";
    }

    /// <summary>Told to whoever is there to hear it, whatever the channels were set for.</summary>
    private static void Approvals(ImmutableArray<BudgetEvent>.Builder alerts, BudgetState s, ImmutableArray<BudgetEvent> happened)
    {
        foreach (var e in happened)
        {
            if (Noticing.Of(s, e) is var (kind, notice))
            {
                var alert = AlertOf(s, s.LastAlert + alerts.Count + 1, kind, Worst(s), null, [], null);
                alerts.Add(alert with { Alert = alert.Alert with { Approval = notice, Escalations = kind == AlertKinds.ApprovalRequested ? Escalations(s.Terms) : [] } });
            }
        }
    }

    /// <summary>A window has ended: those who were blocked in it may go on, and those who asked are told.</summary>
    private static void Resets(ImmutableArray<BudgetEvent>.Builder alerts, BudgetState before, BudgetState s, Rolled rolled, AlertKinds told)
    {
        for (var type = LimitType.Daily; type <= LimitType.Monthly; type++)
        {
            if (rolled.Windows[type] is null || !IsResetTold(before, type) || (told & (AlertKinds.PeriodReset | AlertKinds.BudgetExceeded)) == 0 || Strictest(s, type) is not { } standing)
            {
                continue;
            }

            var ended = before.Current(type);
            Tell(alerts, s, AlertKinds.PeriodReset, standing, null, [], $"The window before ended with ${ended.Spent} spent and ${ended.Held} held.");
        }
    }

    private static bool IsResetTold(BudgetState s, LimitType type) =>
        (s.Terms.Wanted().HasFlag(AlertKinds.PeriodReset) && Strictest(s, type) is not null)
        || s.ToldOf(type, Layer.Above).Has(AlertKinds.BudgetExceeded) || s.ToldOf(type, Layer.Own).Has(AlertKinds.BudgetExceeded);

    private static LimitStanding? Strictest(BudgetState s, LimitType type)
    {
        var layer = s.Above[type] is { } above && !(s.Own[type] < above) ? Layer.Above : Layer.Own;
        var limits = s.LimitsOf(layer);
        return limits[type] is { } limit ? Admitting.Standing(s.Current(type), layer, limits.HardStop, limit) : null;
    }

    /// <summary>The limit that is used most: what a runaway was about to use up.</summary>
    private static LimitStanding? Worst(BudgetState s) =>
        Enumerable.Range((int)LimitType.Daily, (int)LimitType.Total - (int)LimitType.Daily + 1).Select(type => Strictest(s, (LimitType)type)).OfType<LimitStanding>().MaxBy(l => l.PercentUsed);

    private static string Evidence(BudgetState s, Frozen frozen)
    {
        var minute = s.Current(LimitType.PerMinute);
        var until = frozen.ResumesAt is { } at ? $"until {Explaining.At(at)}" : "until somebody unfreezes it";
        return frozen.By == Looping.By
            ? $"{frozen.Reason}. The agent is frozen {until}."
            : $"{frozen.Reason}: ${minute.Spent} spent and ${minute.Held} held in the minute from {Explaining.At(minute.Span.From)}. The agent is frozen {until}.";
    }

    private static void Tell(
        ImmutableArray<BudgetEvent>.Builder alerts, BudgetState s, AlertKinds kind, LimitStanding? standing, int? percent, ImmutableArray<int> passed, string? detail = null) =>
        alerts.Add(AlertOf(s, s.LastAlert + alerts.Count + 1, kind, standing, percent, passed, detail));

    private static Alerted AlertOf(BudgetState s, long number, AlertKinds kind, LimitStanding? standing, int? percent, ImmutableArray<int> passed, string? detail) => new(s.Now, new Alert(
        number, kind, s.Now, s.Agent, s.Terms.Name, standing, percent, passed, s.Pace.PerHour(s.Now),
        [.. s.Days[^1].Usage.Models.Ranked().Take(Alert.MostDrivers)],
        (kind & Escalated) == 0 ? [] : Escalations(s.Terms),
        detail,
        DepletedAt: percent < 100 ? Foretelling.DepletedAt(s, standing) : null));

    private static ImmutableArray<string> Escalations(Terms terms) =>
        [.. ((string?[])[terms.AlertsAbove.EscalationEmail, terms.Alerts.EscalationEmail]).OfType<string>().Distinct(StringComparer.OrdinalIgnoreCase)];
}
