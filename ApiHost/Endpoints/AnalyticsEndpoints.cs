using System.Globalization;
using System.Text;
using Budgets.ApiHost.Auth;
using Budgets.ApiHost.Http;
using Budgets.ApiHost.OpenApi;

namespace Budgets.ApiHost.Endpoints;

/// <summary>What was spent in a range of days, by hour, day, week, month, model, operation, tag or child; JSON or CSV.</summary>
internal static class AnalyticsEndpoints
{
    public static void Map(Routes routes) => routes.MapOwnAndAddressed("GET", "analytics", Access.Read, Get, new("getAnalytics", "Ledger", "What was spent in a range of days")
    {
        Text = "What the agent itself spent, or by child what was spent below it, which takes the scope manage. With Accept: text/csv the same rows as CSV (RFC 4180). "
            + "Texts that a spreadsheet would run as a formula start with an apostrophe there.",
        Query =
        [
            new("start_date", typeof(string), "The first day (2026-02-01), of the budget's time zone. Default: 29 days before the last."),
            new("end_date", typeof(string), $"The last day. Default: today. At most {AnalyticsQuery.MostDays} days in all, by the hour {AnalyticsQuery.MostHourlyDays}."),
            new("group_by", typeof(AnalyticsGroup), "Default day."),
        ],
        Answers = [new(200, typeof(AnalyticsAnswer), "The sums."), new(200, null, "The rows.", Csv.MediaType)],
    });

    private static async Task Get(Call call)
    {
        var query = new Query(call.Http, "start_date", "end_date", "group_by");
        var group = query.OneOf<AnalyticsGroup>("group_by") ?? AnalyticsGroup.Day;
        var asked = new AnalyticsQuery(query.Day("start_date", AnalyticsQuery.Earliest), query.Day("end_date", AnalyticsQuery.Earliest), ByHour: group == AnalyticsGroup.Hour);
        var forbidden = group == AnalyticsGroup.Child && !call.Caller.Has(Scopes.Manage) ? Problem.Forbidden("What children spent takes a key with the scope manage.") : null;
        var view = (query.Problem ?? forbidden) is null ? await call.Budget.GetAnalytics(asked) : null;

        // Which day is today the budget knows.
        query.Faults.AddIf(view is { Days: null }, "end_date", TooLong(asked.Most));
        if ((query.Problem ?? forbidden ?? (view is null ? Problem.NotFound : null)) is { } problem)
        {
            await problem.Send(call.Http);
            return;
        }

        var days = view!.Days!.Value;
        using var walk = new BranchWalk(call.Edge.Grains, new AnalyticsQuery(days[0].Date, days[^1].Date));
        var branches = group == AnalyticsGroup.Child ? await walk.Below(call.Agent) : [];
        await (Csv.IsAsked(call.Http)
            ? Write(call.Http.Response, AnalyticsAnswer.Rows(view, group, branches), group)
            : Reply.Send(call.Http, 200, Wire.Default.AnalyticsAnswer, AnalyticsAnswer.Of(view, group, branches, walk.IsTruncated)));
    }

    private static string TooLong(int most) => string.Create(CultureInfo.InvariantCulture, $"must be a day from start_date on, and not more than {most} days in all");

    private static Task Write(HttpResponse response, IEnumerable<NamedSums> rows, AnalyticsGroup group)
    {
        var name = group is AnalyticsGroup.Day or AnalyticsGroup.Week or AnalyticsGroup.Month ? "date" : group == AnalyticsGroup.Child ? "child_id" : Names<AnalyticsGroup>.Of(group).Value;
        var text = new StringBuilder(name).Append(",cost,calls,input_tokens,output_tokens,cache_read_tokens,cache_write_tokens\r\n");
        foreach (var (key, s) in rows)
        {
            Csv.Cell(text, key).Append(CultureInfo.InvariantCulture, $",{s.Cost},{s.Calls},{s.InputTokens},{s.OutputTokens},{s.CacheReadTokens},{s.CacheWriteTokens}\r\n");
        }

        Csv.Announce(response, "analytics.csv");
        return response.WriteAsync(text.ToString(), response.HttpContext.RequestAborted);
    }
}
