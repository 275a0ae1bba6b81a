using NodaTime;

namespace Budgets.Forecasting;

/// <summary>What is remembered of how a budget was spent: its level, the shape of its days and weeks, and how far forecasts were off. About a hundred numbers, however long it lives.</summary>
/// <remarks>Amounts inside are dollars, times hours since the Unix epoch. Source: decision 18.</remarks>
internal sealed record Spending
{
    /// <summary>A longer silence than this is remembered as one of this length, so that one entry never costs more.</summary>
    public const int MostSilentHours = 28 * 24;

    private const double LevelDays = 10;
    private const double LeastHours = 6;

    // What is more than a day's spend within one hour is remembered apart and for longer: a spike is no new level, and yet may come again.
    private const double MostOfAnHour = 24;
    private const double ExcessDays = 28;
    private const double LeastExcessHours = 24 * 7;

    /// <summary>An IANA time zone that NodaTime knows: whose days and weeks have a shape.</summary>
    public required string Zone { get; init; }

    /// <summary>When the first money was spent.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>The hour that is not over yet.</summary>
    public long Hour { get; init; }

    public Money ThisHour { get; init; }

    /// <summary>Closed hours, each later one worth a little more: what was spent in them, over how many hours of mean weight.</summary>
    public double Spent { get; init; }

    public double Weight { get; init; }

    /// <summary>What an hour had beyond a day's spend; and the hours that it is spread over.</summary>
    public double Excess { get; init; }

    public double ExcessWeight { get; init; }

    public Week Week { get; init; } = Week.Flat;

    public Misses Misses { get; init; } = Misses.None;

    public static Spending Begin(string zone) => new() { Zone = zone };

    /// <summary>Remembers one spend, never negative. One that comes with an earlier time counts in the open hour.</summary>
    public Spending After(Money spent, DateTimeOffset at)
    {
        var then = Since is null ? this with { Since = at, Hour = HourOf(at) } : Until(at);
        return then with { ThisHour = then.ThisHour + spent };
    }

    /// <summary>The hours that ended before this instant are closed.</summary>
    public Spending Until(DateTimeOffset now)
    {
        var hour = HourOf(now);
        if (Since is null || hour <= Hour)
        {
            return this;
        }

        var state = Closed();
        if (hour - state.Hour > MostSilentHours)
        {
            state = state with { Hour = hour - MostSilentHours };
        }

        while (state.Hour < hour)
        {
            state = state.Closed();
        }

        return state;
    }

    /// <summary>Days between the first spend and this instant.</summary>
    public double DaysUntil(DateTimeOffset now) => Since is { } since ? Math.Max(0, (now - since).TotalDays) : 0;

    /// <summary>Dollars in an hour of mean weight. Too few hours count as a few: one spend in a first minute is not sixty in an hour.</summary>
    public double Level() => Level(0, 0);

    /// <summary>The same, with what was spent in the part of the open hour that has passed.</summary>
    public double Level(double openPart) => Level((double)ThisHour.InDollars, openPart * Week.WeightOf(LocalHour(Hour)));

    public LocalDateTime LocalHour(long hour) => Instant.FromUnixTimeSeconds(hour * 3600).InZone(DateTimeZoneProviders.Tzdb[Zone]).LocalDateTime;

    internal static long HourOf(DateTimeOffset at) => Math.DivRem(at.ToUnixTimeSeconds(), 3600, out var rest) - (rest < 0 ? 1 : 0);

    private double Level(double openSpent, double openWeight) =>
        (Spent + openSpent) / Math.Max(Weight + openWeight, LeastHours) + Excess / Math.Max(ExcessWeight, LeastExcessHours);

    private Spending Closed()
    {
        var (spent, local, level) = ((double)ThisHour.InDollars, LocalHour(Hour), Level());
        var weight = Week.WeightOf(local);
        var misses = Misses.After(this, spent, level * weight, level);
        var (keep, keepExcess) = (Math.Exp(-1 / (24 * LevelDays)), Math.Exp(-1 / (24 * ExcessDays)));
        var usual = Weight < 24 ? spent : Math.Min(spent, MostOfAnHour * level);
        return this with
        {
            Hour = Hour + 1,
            ThisHour = Money.Zero,
            Spent = Spent * keep + usual,
            Weight = Weight * keep + weight,
            Excess = Excess * keepExcess + spent - usual,
            ExcessWeight = ExcessWeight * keepExcess + weight,
            Week = Week.After(local, usual, level),
            Misses = misses,
        };
    }
}
