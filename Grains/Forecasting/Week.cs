using System.Collections.Immutable;
using NodaTime;

namespace Budgets.Forecasting;

/// <summary>How much more or less than the mean an hour of the day and a day of the week take. With little seen it is nearly flat.</summary>
/// <param name="HoursSpent">For each hour of the day, dollars, of late.</param>
/// <param name="HoursMeant">And what a flat day would have had.</param>
/// <param name="DaysSpent">For each day of the week from Monday, dollars, of late.</param>
/// <param name="DaysMeant">And what a flat week would have had.</param>
/// <param name="Level">Recent dollars in an hour, for the weight of what is not known yet.</param>
internal sealed record Week(
    ImmutableArray<double> HoursSpent, ImmutableArray<double> HoursMeant, ImmutableArray<double> DaysSpent, ImmutableArray<double> DaysMeant, double Level)
{
    private const double HoursKept = 21;
    private const double DaysKept = 24 * 5;
    private const double FlatHours = 2;
    private const double FlatDay = 10;

    public static readonly Week Flat = new([.. new double[24]], [.. new double[24]], [.. new double[7]], [.. new double[7]], 0);

    /// <summary>Near 1. What the first hours got wrong may stay in it, with its opposite in the level.</summary>
    public double Mean => Enumerable.Range(0, 24).Average(OfHour) * Enumerable.Range(0, 7).Average(OfDay);

    /// <summary>Near 1 on the mean; see <see cref="Mean"/>.</summary>
    public double WeightOf(LocalDateTime hour) => OfHour(hour.Hour) * OfDay((int)hour.DayOfWeek - 1);

    public Week After(LocalDateTime hour, double spent, double level)
    {
        var (h, d) = (hour.Hour, (int)hour.DayOfWeek - 1);
        var (keepHour, keepDay) = (1 - 1 / HoursKept, 1 - 1 / DaysKept);
        return new(
            HoursSpent.SetItem(h, HoursSpent[h] * keepHour + spent),
            HoursMeant.SetItem(h, HoursMeant[h] * keepHour + level * OfDay(d)),
            DaysSpent.SetItem(d, DaysSpent[d] * keepDay + spent),
            DaysMeant.SetItem(d, DaysMeant[d] * keepDay + level * OfHour(h)),
            level);
    }

    private double OfHour(int h) => Share(HoursSpent[h], HoursMeant[h], FlatHours * Level);

    private double OfDay(int d) => Share(DaysSpent[d], DaysMeant[d], FlatDay * Level);

    private static double Share(double spent, double meant, double flat) => meant + flat > 0 ? (spent + flat) / (meant + flat) : 1;
}
