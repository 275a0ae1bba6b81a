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
    Hour,
    Child,
}

/// <param name="Date">Of the day; of the first day of the week or month, in or before the range. Only days of the range are summed.</param>
internal sealed record DatedUsage(DateOnly Date, Money Cost, long Calls, long InputTokens, long OutputTokens, long CacheReadTokens, long CacheWriteTokens)
{
    public static DatedUsage Of(DateOnly date, Sums s) => new(date, s.Cost, s.Calls, s.InputTokens, s.OutputTokens, s.CacheReadTokens, s.CacheWriteTokens);
}

/// <param name="Hour">Begin of the hour, with the offset of the budget's time zone.</param>
internal sealed record HourlyUsage(DateTimeOffset Hour, Money Cost, long Calls, long InputTokens, long OutputTokens, long CacheReadTokens, long CacheWriteTokens)
{
    public static HourlyUsage Of(HourSums h) =>
        new(h.Begin, h.Sums.Cost, h.Sums.Calls, h.Sums.InputTokens, h.Sums.OutputTokens, h.Sums.CacheReadTokens, h.Sums.CacheWriteTokens);
}

/// <param name="Cost">By the child and all below it; so are the calls and tokens.</param>
/// <param name="OwnCost">By the child itself.</param>
internal sealed record ChildAnalysis(
    string ChildId, string Name, Money Cost, Money OwnCost, long Calls, long InputTokens, long OutputTokens, long CacheReadTokens, long CacheWriteTokens)
{
    public static ChildAnalysis Of(Branch b)
    {
        var s = b.Whole;
        return new(b.Child.Agent.Value, b.Child.Name, s.Cost, b.Own.Cost, s.Calls, s.InputTokens, s.OutputTokens, s.CacheReadTokens, s.CacheWriteTokens);
    }
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
/// <param name="TotalCost">By the agent itself; with children by it and all below it.</param>
/// <param name="OwnCost">With children only: by the agent itself. It and the children's add up to the total.</param>
/// <param name="Truncated">With children only; true: there are too many agents below to ask all of them, and some deep ones are left out.</param>
/// <param name="UsageByHour">A row for every hour, with zeros where nothing was spent.</param>
/// <param name="UsageByChild">The children that the agent has now, oldest first; each counts the days of its own time zone.</param>
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
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<TagAnalysis>? UsageByTag = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<HourlyUsage>? UsageByHour = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<ChildAnalysis>? UsageByChild = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] Money? OwnCost = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] bool? Truncated = null)
{
    /// <param name="branches">With children only.</param>
    public static AnalyticsAnswer Of(AnalyticsView view, AnalyticsGroup group, IReadOnlyList<Branch> branches, bool isTruncated)
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
            AnalyticsGroup.Hour => bare with { UsageByHour = [.. view.Hours!.Value.Select(HourlyUsage.Of)] },
            AnalyticsGroup.Child => bare with
            {
                OwnCost = usage.Total.Cost,
                TotalCost = branches.Aggregate(usage.Total.Cost, (sum, b) => sum + b.Whole.Cost),
                TotalCalls = branches.Aggregate(usage.Total.Calls, (sum, b) => sum + b.Whole.Calls),
                UsageByChild = [.. branches.Select(ChildAnalysis.Of)],
                Truncated = isTruncated,
            },
            _ => bare with { UsageByTag = [.. usage.ByTag.Select(TagAnalysis.Of)] },
        };
    }

    /// <summary>The rows of a group, each under its name.</summary>
    public static IEnumerable<NamedSums> Rows(AnalyticsView view, AnalyticsGroup group, IReadOnlyList<Branch> branches) => group switch
    {
        AnalyticsGroup.Hour => view.Hours!.Value.Select(h => new NamedSums(h.Begin.ToString("yyyy-MM-dd'T'HH:mm:sszzz", CultureInfo.InvariantCulture), h.Sums)),
        AnalyticsGroup.Child => branches.Select(b => new NamedSums(b.Child.Agent.Value, b.Whole)),
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
