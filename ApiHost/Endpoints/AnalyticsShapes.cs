using System.Globalization;
using System.Text.Json.Serialization;

namespace Budgets.ApiHost.Endpoints;

/// <summary>What the sums of an analysis are of.</summary>
internal enum AnalyticsGroup
{
    Day = 0,
    Week,
    Month,
    Model,
    Operation,
    Tag,
}

/// <param name="Date">Of the day; of the first day of the week or month, in or before the range. Only days of the range are summed.</param>
internal sealed record DatedUsage(DateOnly Date, Money Cost, long Calls, long InputTokens, long OutputTokens, long CacheReadTokens, long CacheWriteTokens)
{
    public static DatedUsage Of(DateOnly date, Sums s) => new(date, s.Cost, s.Calls, s.InputTokens, s.OutputTokens, s.CacheReadTokens, s.CacheWriteTokens);
}

internal sealed record ModelAnalysis(string Model, Money Cost, long Calls, long InputTokens, long OutputTokens, long CacheReadTokens, long CacheWriteTokens)
{
    public static ModelAnalysis Of(NamedSums n) =>
        new(n.Name, n.Sums.Cost, n.Sums.Calls, n.Sums.InputTokens, n.Sums.OutputTokens, n.Sums.CacheReadTokens, n.Sums.CacheWriteTokens);
}

internal sealed record OperationAnalysis(string Operation, Money Cost, long Calls, long InputTokens, long OutputTokens, long CacheReadTokens, long CacheWriteTokens)
{
    public static OperationAnalysis Of(NamedSums n) =>
        new(n.Name, n.Sums.Cost, n.Sums.Calls, n.Sums.InputTokens, n.Sums.OutputTokens, n.Sums.CacheReadTokens, n.Sums.CacheWriteTokens);
}

internal sealed record TagAnalysis(string Tag, Money Cost, long Calls, long InputTokens, long OutputTokens, long CacheReadTokens, long CacheWriteTokens)
{
    public static TagAnalysis Of(NamedSums n) =>
        new(n.Name, n.Sums.Cost, n.Sums.Calls, n.Sums.InputTokens, n.Sums.OutputTokens, n.Sums.CacheReadTokens, n.Sums.CacheWriteTokens);
}

/// <summary>What the agent itself spent in a range of days. Of the lists only the one that was asked for is there; all but the tags add up to the total.</summary>
/// <param name="StartDate">The first day, of the budget's time zone.</param>
/// <param name="UsageByDay">A row for every day, with zeros where nothing was spent.</param>
/// <param name="UsageByModel">Dearest first; names beyond the bounded number are summed as "other".</param>
internal sealed record AnalyticsAnswer(
    string AgentId,
    AnalyticsGroup GroupBy,
    DateOnly StartDate,
    DateOnly EndDate,
    string TimeZone,
    Money TotalCost,
    long TotalCalls,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<DatedUsage>? UsageByDay = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<DatedUsage>? UsageByWeek = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<DatedUsage>? UsageByMonth = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<ModelAnalysis>? UsageByModel = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<OperationAnalysis>? UsageByOperation = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<TagAnalysis>? UsageByTag = null)
{
    public static AnalyticsAnswer Of(AnalyticsView view, AnalyticsGroup group)
    {
        var days = view.Days!.Value;
        var usage = view.Usage;
        var bare = new AnalyticsAnswer(view.Agent.Value, group, days[0].Date, days[^1].Date, view.TimeZone, usage.Total.Cost, usage.Total.Calls);
        return group switch
        {
            AnalyticsGroup.Day => bare with { UsageByDay = Dated(view, group) },
            AnalyticsGroup.Week => bare with { UsageByWeek = Dated(view, group) },
            AnalyticsGroup.Month => bare with { UsageByMonth = Dated(view, group) },
            AnalyticsGroup.Model => bare with { UsageByModel = [.. usage.ByModel.Select(ModelAnalysis.Of)] },
            AnalyticsGroup.Operation => bare with { UsageByOperation = [.. usage.ByOperation.Select(OperationAnalysis.Of)] },
            _ => bare with { UsageByTag = [.. usage.ByTag.Select(TagAnalysis.Of)] },
        };
    }

    /// <summary>The rows of a group, each under its name.</summary>
    public static IEnumerable<NamedSums> Rows(AnalyticsView view, AnalyticsGroup group) => group switch
    {
        AnalyticsGroup.Model => view.Usage.ByModel,
        AnalyticsGroup.Operation => view.Usage.ByOperation,
        AnalyticsGroup.Tag => view.Usage.ByTag,
        _ => Sums(view, group).Select(r => new NamedSums(r.Date.ToString("O", CultureInfo.InvariantCulture), r.Sums)),
    };

    private static List<DatedUsage> Dated(AnalyticsView view, AnalyticsGroup group) => [.. Sums(view, group).Select(r => DatedUsage.Of(r.Date, r.Sums))];

    private static IEnumerable<DaySums> Sums(AnalyticsView view, AnalyticsGroup group) =>
        view.Days!.Value.GroupBy(d => Begin(d.Date, group, view.WeekStart), d => d.Sums, (begin, sums) => new DaySums(begin, sums.Aggregate((a, b) => a + b)));

    private static DateOnly Begin(DateOnly day, AnalyticsGroup group, IsoDayOfWeek weekStart) => group switch
    {
        AnalyticsGroup.Week => day.AddDays(-(((int)day.DayOfWeek - (int)weekStart + 7) % 7)),
        AnalyticsGroup.Month => new DateOnly(day.Year, day.Month, 1),
        _ => day,
    };
}
