using System.Globalization;
using System.Text;
using Budgets.ApiHost.Auth;
using Budgets.ApiHost.Http;
using Budgets.ApiHost.OpenApi;

namespace Budgets.ApiHost.Endpoints;

/// <summary>What was spent in a range of days, by day, week, month, model, operation or tag; JSON or CSV.</summary>
internal static class AnalyticsEndpoints
{
    private static readonly string TooLong = string.Create(CultureInfo.InvariantCulture, $"must be a day from start_date on, and not more than {AnalyticsQuery.MostDays} days in all");

    public static void Map(Routes routes) => routes.MapOwnAndAddressed("GET", "analytics", Access.Read, Get, new("getAnalytics", "Ledger", "What was spent in a range of days")
    {
        Text = "What the agent itself spent; that of its children is in their own analytics. With Accept: text/csv the same rows as CSV (RFC 4180). "
            + "Texts that a spreadsheet would run as a formula start with an apostrophe there.",
        Query =
        [
            new("start_date", typeof(string), "The first day (2026-02-01), of the budget's time zone. Default: 29 days before the last."),
            new("end_date", typeof(string), $"The last day. Default: today. At most {AnalyticsQuery.MostDays} days in all."),
            new("group_by", typeof(AnalyticsGroup), "Default day."),
        ],
        Answers = [new(200, typeof(AnalyticsAnswer), "The sums."), new(200, null, "The rows.", Csv.MediaType)],
    });

    private static async Task Get(Call call)
    {
        var query = new Query(call.Http, "start_date", "end_date", "group_by");
        var asked = new AnalyticsQuery(query.Day("start_date", AnalyticsQuery.Earliest), query.Day("end_date", AnalyticsQuery.Earliest));
        var group = query.OneOf<AnalyticsGroup>("group_by") ?? AnalyticsGroup.Day;
        var view = query.Problem is null ? await call.Budget.GetAnalytics(asked) : null;

        // Which day is today the budget knows.
        query.Faults.AddIf(view is { Days: null }, "end_date", TooLong);
        var problem = query.Problem ?? (view is null ? Problem.NotFound : null);
        await (problem?.Send(call.Http)
            ?? (Csv.IsAsked(call.Http) ? Write(call.Http.Response, view!, group) : Reply.Send(call.Http, 200, Wire.Default.AnalyticsAnswer, AnalyticsAnswer.Of(view!, group))));
    }

    private static Task Write(HttpResponse response, AnalyticsView view, AnalyticsGroup group)
    {
        var name = group is AnalyticsGroup.Day or AnalyticsGroup.Week or AnalyticsGroup.Month ? "date" : Names<AnalyticsGroup>.Of(group).Value;
        var text = new StringBuilder(name).Append(",cost,calls,input_tokens,output_tokens,cache_read_tokens,cache_write_tokens\r\n");
        foreach (var (key, s) in AnalyticsAnswer.Rows(view, group))
        {
            Csv.Cell(text, key).Append(CultureInfo.InvariantCulture, $",{s.Cost},{s.Calls},{s.InputTokens},{s.OutputTokens},{s.CacheReadTokens},{s.CacheWriteTokens}\r\n");
        }

        Csv.Announce(response, "analytics.csv");
        return response.WriteAsync(text.ToString(), response.HttpContext.RequestAborted);
    }
}
