using System.Collections.Immutable;

namespace Budgets.Tests.Model;

/// <summary>What fits, what is counted, and what an answer says.</summary>
internal sealed partial class ReferenceBudget
{
    private static readonly LimitType[] Bounding = [LimitType.PerCall, LimitType.Daily, LimitType.Weekly, LimitType.Monthly, LimitType.Total];

    public long Spent(LimitType type) =>
        _spent.GetValueOrDefault((type, Window(type).Number)) + _holds.Values.Where(h => IsAssumed(h) && h.Windows[(int)type] == Window(type).Number).Sum(h => h.Amount);

    public long Held(LimitType type) => _holds.Values.Where(h => IsOpen(h) && h.Windows[(int)type] == Window(type).Number).Sum(h => h.Amount);

    /// <summary>It is over, and counts as spent until somebody says what was.</summary>
    private bool IsAssumed(ReferenceHold h) => h.BooksItself && h.Status == HoldStatus.Held && !IsOpen(h);

    private bool IsOpen(ReferenceHold h) => h.Status == HoldStatus.Held && h.ExpiresAt > Now;

    private long[] SpentNow() => [.. Windowed.Select(Spent)];

    /// <summary>Every limit that can refuse, whatever it bounds.</summary>
    private IEnumerable<(Layer Layer, LimitType Type, long Limit)> Bounds(bool breakers = true) =>
        from layer in (Layer[])[Layer.Above, Layer.Own]
        from type in breakers ? Bounding.Append(LimitType.PerMinute) : Bounding
        where Layers[(int)layer][type] is not null && (Layers[(int)layer].HardStop || type == LimitType.PerMinute)
        select (layer, type, Layers[(int)layer][type]!.Value.Nanos);

    private bool IsOver(LimitType type, long limit, Money amount) =>
        limit == 0 || amount.Nanos + (type == LimitType.PerCall ? 0 : Spent(type) + Held(type)) > limit;

    private (Outcome Outcome, Refusal Refusal)? Refuses(Money amount)
    {
        if (Spent(LimitType.Total) + Held(LimitType.Total) + amount.Nanos > Money.MaxBooked.Nanos)
        {
            return (Outcome.AmountTooLarge, new Refusal(agent, amount));
        }

        if (_holds.Count >= 10_000 && _holds.Values.Count(IsOpen) >= 10_000)
        {
            throw new InvalidOperationException("The reference knows nothing of ten thousand holds.");
        }

        if (_freeze is { } freeze)
        {
            return (Outcome.Frozen, new Refusal(agent, amount, null, freeze.Reason, freeze.ResumesAt));
        }

        return Exceeded(amount) is { } e ? (Outcome.BudgetExceeded, new Refusal(agent, amount, e.Standing, null, e.RetryAt))
            : Lacking(amount) is { } w ? (Outcome.InsufficientBalance, new Refusal(agent, amount, w.Standing, null, w.RetryAt))
            : Trips(amount) is { } t ? (Outcome.RateExceeded, new Refusal(agent, amount, t.Standing, "max_spend_per_minute was exceeded", t.RetryAt is null ? null : Resumes()))
            : null;
    }

    /// <summary>Of the limits that an amount exceeds, the one that takes longest to pass by itself (for ever: the window has no end, or the amount never fits); of equals the first.</summary>
    private (LimitStanding Standing, DateTimeOffset? RetryAt)? Exceeded(Money amount) => Worst(Bounds(breakers: false), amount);

    private (LimitStanding Standing, DateTimeOffset? RetryAt)? Trips(Money amount) => Worst(Bounds().Where(b => b.Type == LimitType.PerMinute), amount);

    private (LimitStanding Standing, DateTimeOffset? RetryAt)? Worst(IEnumerable<(Layer Layer, LimitType Type, long Limit)> bounds, Money amount)
    {
        var exceeded = bounds.Where(b => IsOver(b.Type, b.Limit, amount))
            .Select(b => (Standing: Standing(b.Type, b.Layer), RetryAt: b.Type == LimitType.PerCall || b.Limit == 0 || b.Limit < amount.Nanos ? null : Window(b.Type).Until))
            .ToList();
        return exceeded.Count == 0 ? null : exceeded.MaxBy(e => e.RetryAt ?? DateTimeOffset.MaxValue);
    }

    /// <summary>Whether more is spent and held than a hard limit allows in a current window of these.</summary>
    private bool IsBroken(int[] windows) =>
        Available < 0 || Bounds(breakers: false).Any(b => b.Type != LimitType.PerCall && windows[(int)b.Type] == Window(b.Type).Number && Spent(b.Type) + Held(b.Type) > b.Limit);

    private FreezeView Tripped() => new("max_spend_per_minute was exceeded", "max_spend_per_minute", Now, Resumes());

    private DateTimeOffset? Resumes()
    {
        var waits = Layers.Where(l => l.PerMinute is not null).Select(l => l.ResumeAfterSeconds ?? int.MaxValue).ToList();
        return waits.Max() == int.MaxValue ? null : Now.AddSeconds(waits.Max());
    }

    private LimitStanding Standing(LimitType type, Layer layer)
    {
        var (limits, isCall) = (Layers[(int)layer], type == LimitType.PerCall);
        return new LimitStanding(
            type,
            layer,
            type == LimitType.PerMinute || limits.HardStop,
            limits[type]!.Value,
            isCall ? default : new Money(Spent(type)),
            isCall ? default : new Money(Held(type)),
            isCall ? new PeriodWindow(Now, null) : new PeriodWindow(Window(type).From, Window(type).Until));
    }

    private ImmutableArray<Balance> Balances() =>
        [.. Windowed.Skip(1).Select(type => new Balance(type, new Money(Spent(type)), new Money(Held(type)), Layers.Select(l => l[type]).Where(l => l is not null).Min()))];

    /// <param name="before">What was spent before, by type.</param>
    /// <param name="foreseen">Nanos of a hold that is only thought of.</param>
    private ImmutableArray<Warning> Warnings(long[] before, long foreseen) =>
    [
        .. (from limits in Layers
           from type in Windowed.Skip(1)
           let limit = limits[type]?.Nanos ?? 0
           where limit > 0
           let committed = Spent(type) + Held(type) + foreseen
           let percent = !limits.HardStop && committed > limit ? (int)Math.Min(int.MaxValue, (decimal)committed * 100 / limit)
               : Threshold(Spent(type), limit) > Threshold(before[(int)type], limit) ? Threshold(Spent(type), limit)
               : 0
           where percent > 0
           select new Warning(type, new Money(limit), percent)).Distinct(),
    ];

    private int Threshold(long spent, long limit) => Alerts.Thresholds.Append(100).Where(t => (decimal)spent * 100 >= (decimal)limit * t).DefaultIfEmpty(0).Max();

    private void Book(int[] windows, long amount)
    {
        for (var i = 0; i < windows.Length; i++)
        {
            _spent[(Windowed[i], windows[i])] = _spent.GetValueOrDefault((Windowed[i], windows[i])) + amount;
        }

        var (cost, calls) = _usage.GetValueOrDefault(windows[1]);
        _usage[windows[1]] = (cost + amount, calls + 1);
    }

    /// <summary>What time has done becomes part of the books.</summary>
    private void Keep()
    {
        foreach (var h in _holds.Values.Where(h => h.Status == HoldStatus.Held && !IsOpen(h) && !h.BooksItself))
        {
            h.Status = HoldStatus.Expired;
        }

        _isWritten = true;
        (_kept, _keptFreeze, _newest) = (_windows, _freeze, Now);
        Dates[_kept[1].Number] = _kept[1].Date;
    }

    private SpendOutcome Yes(
        EntryKind kind, string id, Money amount, Money released, bool overage, bool late, DateTimeOffset? expires, string? key, ImmutableArray<Warning> warnings,
        PriceTag? price = null) =>
        new(Outcome.Accepted, new Receipt(kind, 0, Now, id, amount, released, overage, late, expires, key, Balances(), warnings, price?.Version), null);

    /// <summary>A refusal leaves no trace, but that a breaker trips.</summary>
    private SpendOutcome Refuse(Outcome outcome, Refusal refusal)
    {
        if (outcome == Outcome.RateExceeded)
        {
            Keep();
            _keptFreeze = Tripped();
        }

        return new SpendOutcome(outcome, null, refusal);
    }

    private SpendOutcome No(Outcome outcome, Money amount) => new(outcome, null, new Refusal(agent, amount));
}
