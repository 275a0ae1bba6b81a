namespace Budgets.Ledger;

/// <summary>How much was spent in the current hour and the one before it (hours of UTC): enough to say how fast money goes right now.</summary>
/// <param name="Hour">The current one, counted from the beginning of time.</param>
/// <param name="Since">When spending began, after an hour or more without any.</param>
public readonly record struct Pace(long Hour, Money Before, Money Current, DateTimeOffset Since)
{
    /// <summary>Spending that began a moment ago is taken as this long at least: one charge is no rate.</summary>
    private static readonly TimeSpan Shortest = TimeSpan.FromMinutes(5);

    internal Pace After(Money spent, DateTimeOffset at)
    {
        // What is taken back was spent before, at another pace.
        if (spent <= Money.Zero)
        {
            return this;
        }

        var now = On(HourOf(at));
        return now.Before == Money.Zero && now.Current == Money.Zero ? new(now.Hour, Money.Zero, spent, at) : now with { Current = now.Current + spent };
    }

    /// <summary>Null: nothing was spent in this hour and the one before.</summary>
    public Money? PerHour(DateTimeOffset at)
    {
        var now = On(HourOf(at));
        var total = now.Before + now.Current;
        if (total <= Money.Zero)
        {
            return null;
        }

        var from = Math.Max((now.Hour - 1) * TimeSpan.TicksPerHour, now.Since.UtcTicks);
        var ticks = Math.Max(at.UtcTicks - from, Shortest.Ticks);
        return new Money((long)Int128.Min((Int128)total.Nanos * TimeSpan.TicksPerHour / ticks, Money.MaxBooked.Nanos));
    }

    // Time in a budget never runs backwards, so an hour is the current one, the next, or a later one.
    private Pace On(long hour) => hour <= Hour ? this
        : hour == Hour + 1 ? this with { Hour = hour, Before = Current, Current = Money.Zero }
        : new Pace(hour, Money.Zero, Money.Zero, default);

    private static long HourOf(DateTimeOffset at) => at.UtcTicks / TimeSpan.TicksPerHour;
}
