namespace Budgets.Ledger;

/// <summary>"An agent may not spend what it does not have": whether an amount fits a budget as it stands.</summary>
internal static class Admitting
{
    /// <summary>Null: it fits. The state must be brought up to the instant of the decision.</summary>
    /// <param name="by">The approval that the spend uses.</param>
    /// <param name="dearest">What one call can cost, where the amount is for several.</param>
    public static (Outcome Outcome, Refusal Refusal)? Refuses(BudgetState s, Money amount, Purpose purpose, Approval? by = null, Money? dearest = null)
    {
        if (!FitsTheBooks(s, amount))
        {
            return (Outcome.AmountTooLarge, new Refusal(s.Agent, amount));
        }

        if (s.Freeze is { } freeze)
        {
            return (Outcome.Frozen, new Refusal(s.Agent, amount, FrozenReason: freeze.Reason, RetryAt: freeze.ResumesAt));
        }

        if (by is not { Permission.MayPassLimit: true } && Exceeded(s, amount, hard: true, dearest) is { } standing)
        {
            return (Outcome.BudgetExceeded, new Refusal(s.Agent, standing.Type == LimitType.PerCall ? dearest ?? amount : amount, standing, RetryAt: PassesAt(standing, amount)));
        }

        if (Wallets.Lacking(s, amount) is { } balance)
        {
            return (Outcome.InsufficientBalance, new Refusal(s.Agent, amount, balance, RetryAt: Recharging.ComesSoon(s)));
        }

        // Before the breaker: what waits for a person is no runaway.
        if (by is null && amount > Permitting.ThresholdOf(s))
        {
            return (Outcome.ApprovalRequired, new Refusal(s.Agent, amount, Approval: new ApprovalNeed(Permitting.OperationOf(purpose), Permitting.ThresholdOf(s)!.Value)));
        }

        return Trips(s, amount) is { } tripped
            ? (Outcome.RateExceeded, new Refusal(s.Agent, amount, tripped, "max_spend_per_minute was exceeded", PassesAt(tripped, amount) is null ? null : ResumesAt(s, HasBreaker)))
            : null;
    }

    /// <summary>More money, from wherever, would have helped: what relatives have over is asked back before anybody hears of it.</summary>
    public static bool IsWantOfMoney(this Outcome outcome) => outcome is Outcome.BudgetExceeded or Outcome.InsufficientBalance;

    /// <summary>What is missing in the draw that a child spends out of; zero: enough, or the agent has no parent.</summary>
    public static Money Short(BudgetState s, Money amount) => s.Terms.Parent is not null && s.Draws.At(s.Now) is var draw && draw.Room < amount ? amount - draw.Room : Money.Zero;

    /// <summary>The freeze that a tripped breaker brings; null when the amount does not trip it.</summary>
    public static Frozen? Breaks(BudgetState s, Money amount) =>
        s.Freeze is null && Trips(s, amount) is not null
            ? new Frozen(s.Now, "max_spend_per_minute", "max_spend_per_minute was exceeded", ResumesAt(s, HasBreaker), Tripped: true)
            : null;

    public static bool FitsTheBooks(BudgetState s, Money amount)
    {
        var total = s.Current(LimitType.Total);
        return total.Spent + total.Held + amount <= Money.MaxBooked;
    }

    /// <summary>The limit of this hardness that the amount would exceed; of several the one that takes longest to pass by itself, for waiting for less would not help.</summary>
    /// <param name="dearest">What one call can cost, where the amount is for several.</param>
    public static LimitStanding? Exceeded(BudgetState s, Money amount, bool hard, Money? dearest = null)
    {
        var each = dearest ?? amount;
        LimitStanding? worst = null;
        for (var layer = Layer.Above; layer <= Layer.Own; layer++)
        {
            var limits = s.LimitsOf(layer);
            if (limits.HardStop != hard)
            {
                continue;
            }

            if (limits.PerCall is { } perCall && (each > perCall || perCall == Money.Zero))
            {
                worst = Worse(worst, new LimitStanding(LimitType.PerCall, layer, hard, perCall, Money.Zero, Money.Zero, new PeriodWindow(s.Now, null)), amount);
            }

            for (var type = LimitType.Daily; type <= LimitType.Total; type++)
            {
                var window = s.Current(type);
                if (limits[type] is { } limit && IsOver(window, limit, amount))
                {
                    worst = Worse(worst, Standing(window, layer, hard, limit), amount);
                }
            }
        }

        return worst;
    }

    /// <summary>Whether the wallet, or a hard limit on a window that this admission is counted in, is exceeded.</summary>
    public static bool IsExceeded(BudgetState s, Admission admission)
    {
        if (s.Available() < Money.Zero)
        {
            return true;
        }

        for (var layer = Layer.Above; layer <= Layer.Own; layer++)
        {
            var limits = s.LimitsOf(layer);
            for (var type = LimitType.Daily; limits.HardStop && type <= LimitType.Total; type++)
            {
                var window = s.Current(type);
                if (window.Number == admission[type] && window.Spent + window.Held > limits[type])
                {
                    return true;
                }
            }
        }

        return false;
    }

    /// <summary>The largest amount that would be admitted now; null: no hard limit bounds it.</summary>
    public static Money? LargestThatFits(BudgetState s)
    {
        if (s.Freeze is not null || s.Closed)
        {
            return Money.Zero;
        }

        var largest = s.Available() is { } available ? Money.Max(Money.Zero, available) : (Money?)null;
        for (var layer = Layer.Above; layer <= Layer.Own; layer++)
        {
            var limits = s.LimitsOf(layer);
            if (limits.HardStop)
            {
                largest = Books.Strictest(largest, limits.PerCall);
                for (var type = LimitType.Daily; type <= LimitType.Total; type++)
                {
                    largest = Books.Strictest(largest, Room(s.Current(type), limits[type]));
                }
            }

            largest = Books.Strictest(largest, Room(s.Current(LimitType.PerMinute), limits.PerMinute));
        }

        return Books.Strictest(largest, Permitting.ThresholdOf(s));
    }

    /// <summary>What the wallet and the hard limits on windows leave for the draws of descendants.</summary>
    public static Money LargestForDescendants(BudgetState s)
    {
        var total = s.Current(LimitType.Total);
        var largest = Money.Max(Money.Zero, Money.Min(Money.MaxBooked - total.Spent - total.Held, s.Available() ?? Money.MaxBooked));
        foreach (var limits in (Limits[])[s.Above, s.Own])
        {
            for (var type = LimitType.Daily; limits.HardStop && type <= LimitType.Total; type++)
            {
                largest = Money.Min(largest, Room(s.Current(type), limits[type]) ?? largest);
            }
        }

        return largest;
    }

    /// <summary>The limit, or the wallet, that keeps the need of a descendant from being set aside; null: nothing does.</summary>
    public static (Outcome Outcome, Refusal Refusal)? ExceededByDescendants(BudgetState s, Money need) =>
        Exceeded(WithoutPerCall(s), need, hard: true) is { } standing
            ? (Outcome.BudgetExceeded, new Refusal(s.Agent, need, standing, RetryAt: PassesAt(standing, need)))
            : Wallets.Lacking(s, need) is { } balance
                ? (Outcome.InsufficientBalance, new Refusal(s.Agent, need, balance, RetryAt: Recharging.ComesSoon(s)))
                : null;

    public static BudgetState WithoutPerCall(BudgetState s) =>
        s with { Terms = s.Terms with { Above = s.Terms.Above with { PerCall = null }, Own = s.Terms.Own with { PerCall = null } } };

    public static LimitStanding Standing(Window window, Layer layer, bool hard, Money limit) =>
        new(window.Type, layer, hard, limit, window.Spent, window.Held, window.Span);

    private static LimitStanding Worse(LimitStanding? a, LimitStanding b, Money amount) =>
        a is null || (PassesAt(a, amount) is { } passes && !(PassesAt(b, amount) <= passes)) ? b : a;

    /// <summary>When a limit that the amount exceeds lets it pass by itself: waiting helps when the window ends and the amount fits an empty one. Null: never.</summary>
    public static DateTimeOffset? PassesAt(LimitStanding l, Money amount) =>
        l.Type != LimitType.PerCall && l.Limit >= amount && l.Limit > Money.Zero ? l.Window.Until : null;

    private static LimitStanding? Trips(BudgetState s, Money amount)
    {
        LimitStanding? worst = null;
        var minute = s.Current(LimitType.PerMinute);
        for (var layer = Layer.Above; layer <= Layer.Own; layer++)
        {
            if (s.LimitsOf(layer).PerMinute is { } limit && IsOver(minute, limit, amount))
            {
                worst = Worse(worst, Standing(minute, layer, true, limit), amount);
            }
        }

        return worst;
    }

    private static bool HasBreaker(Limits limits) => limits.PerMinute is not null;

    /// <summary>When a freeze that came by itself ends by itself: after the longest wait that a layer with such a rule asks for.</summary>
    public static DateTimeOffset? ResumesAt(BudgetState s, Func<Limits, bool> hasRule)
    {
        var waits = new[] { s.Above, s.Own }.Where(hasRule).Select(l => l.ResumeAfterSeconds).ToArray();
        return waits.Length == 0 || waits.Any(w => w is null) ? null : s.Now.AddSeconds(waits.Max()!.Value);
    }

    // A limit of zero blocks everything, amounts of zero too.
    private static bool IsOver(Window window, Money limit, Money amount) =>
        window.Spent + window.Held + amount > limit || limit == Money.Zero;

    private static Money? Room(Window window, Money? limit) =>
        limit is { } l ? Money.Max(Money.Zero, l - window.Spent - window.Held) : null;
}
