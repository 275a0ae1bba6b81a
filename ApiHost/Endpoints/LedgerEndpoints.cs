using System.Globalization;
using Budgets.ApiHost.Auth;
using Budgets.ApiHost.Http;
using Budgets.ApiHost.OpenApi;

namespace Budgets.ApiHost.Endpoints;

/// <summary>What else the ledger can be had as.</summary>
internal enum LedgerFormat
{
    Focus = 0,
}

/// <summary>Everything that ever happened to a budget, newest first; JSON by pages or CSV in one stream.</summary>
internal static class LedgerEndpoints
{
    private const int MaxPage = 100;
    private const int DefaultPage = 50;

    public static void Map(Routes routes) => routes.MapOwnAndAddressed("GET", "ledger", Access.Read, Get, new("getLedger", "Ledger", "The ledger, newest first")
    {
        Text = "With Accept: text/csv all entries that match are streamed as CSV (RFC 4180), without limit and cursor. Texts that a spreadsheet would run as a formula start with an apostrophe there.",
        Query =
        [
            new("limit", typeof(int), "1 to 100, default 50."), new("cursor", typeof(string), "The next_cursor of the page before."),
            new("from", typeof(DateTimeOffset), "Only entries at or after this instant."), new("until", typeof(DateTimeOffset), "Only entries before this instant."),
            new("kind", typeof(EntryKind), "Only entries of this kind."), new("model", typeof(string), "Only entries with this model."),
            new("tag", typeof(string), "Only entries with this tag."),
            new("format", typeof(string), $"focus: what was spent as CSV in the columns of FOCUS {FocusCsv.Version}, for finance tools; also without limit and cursor. Default: by Accept."),
        ],
        Answers = [new(200, typeof(LedgerAnswer), "A page."), new(200, null, "All of it.", Csv.MediaType)],
    });

    private static async Task Get(Call call)
    {
        var query = new Query(call.Http, "limit", "cursor", "from", "until", "kind", "model", "tag", "format");
        var asked = new LedgerQuery(
            query.Limit(MaxPage, DefaultPage),
            query.Cursor(IsSeq) is { } at ? SeqOf(at) : null,
            query.Instant("from"),
            query.Instant("until"),
            query.OneOf<EntryKind>("kind"),
            query.Text("model", Purpose.MaxModelLength),
            query.Text("tag", Purpose.MaxTagLength));
        var asFocus = query.OneOf<LedgerFormat>("format") is not null;
        var asCsv = asFocus || Csv.IsAsked(call.Http);
        query.Faults.AddIf(asCsv && query.Has("limit"), "limit", "does not go with CSV, which has everything");
        query.Faults.AddIf(asCsv && query.Has("cursor"), "cursor", "does not go with CSV, which has everything");
        if (query.Problem is { } problem)
        {
            await problem.Send(call.Http);
            return;
        }

        await (asFocus ? FocusCsv.Stream(call, asked) : asCsv ? LedgerCsv.Stream(call, asked) : Page(call, asked));
    }

    private static async Task Page(Call call, LedgerQuery asked)
    {
        if (await call.Budget.GetLedger(asked) is not { } page)
        {
            await Problem.NotFound.Send(call.Http);
            return;
        }

        await Reply.Send(call.Http, 200, Wire.Default.LedgerAnswer, new LedgerAnswer(
            [.. page.Entries.Select(e => LedgerLine.Of(call.Agent, e))],
            page.Next is { } next ? CursorOf(next) : null,
            page.Next is not null));
    }

    internal static string CursorOf(long seq) => Cursor.Write(seq.ToString(CultureInfo.InvariantCulture));

    internal static long SeqOf(string place) => long.Parse(place, CultureInfo.InvariantCulture);

    internal static bool IsSeq(string text) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seq) && seq > 0;
}
