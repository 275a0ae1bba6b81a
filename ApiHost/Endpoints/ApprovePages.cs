using System.Net;
using System.Text;
using Budgets.ApiHost.Http;
using Budgets.ApiHost.OpenApi;

namespace Budgets.ApiHost.Endpoints;

/// <summary>What a mail's link opens: a page that says what is asked for, and two buttons. Looking at it decides nothing, since mail scanners follow links too.</summary>
/// <remarks>No script, nothing from elsewhere, nothing kept: the address is a secret.</remarks>
internal static class ApprovePages
{
    public const string Path = "/approve";

    private const string Route = Path + "/{token}";
    private const int MostFormBytes = 16_384;
    private const string Style = """
        body{margin:0;background:#f2f3f5;color:#1c1e21;font:16px/1.5 system-ui,sans-serif}main{max-width:36rem;margin:0 auto;padding:1.5rem 1.25rem;background:#fff}
        h1{font-size:1.25rem;line-height:1.3;overflow-wrap:anywhere}dl{margin:0}dl div{padding:.5rem 0;border-top:1px solid #e4e6e9;overflow-wrap:anywhere}
        dt{display:inline-block;min-width:11rem;color:#5f6670}dd{display:inline;margin:0;font-weight:600}label{display:block;margin:1rem 0 .25rem}
        textarea{width:100%;box-sizing:border-box;font:inherit;min-height:4rem}button{font:inherit;padding:.6rem 1.4rem;margin:1rem .75rem 0 0;border:1px solid #5f6670;border-radius:.3rem;background:#fff}
        button.yes{background:#0a6b3d;border-color:#0a6b3d;color:#fff}
        """;

    public static void Map(Routes routes)
    {
        routes.Public("GET", Route, http => Show(http, routes.Edge), new("approvePage", "Approvals", "The page that a mail's link opens")
        {
            Answers = [new(200, null, "What is asked for, with two buttons; or what was decided.", "text/html")], Problems = [ProblemKind.NotFound],
        });
        routes.Public("POST", Route, http => Decide(http, routes.Edge), new("approveByMail", "Approvals", "What the page's buttons send")
        {
            Text = "A form: decision is approve or deny, note is optional.",
            Answers = [new(200, null, "What was decided.", "text/html")], Problems = [ProblemKind.NotFound],
        });
    }

    private static async Task Show(HttpContext http, Edge edge)
    {
        var shown = await Link(edge).Show(Token(http));
        await Send(http, shown is null ? Gone : Page(shown), shown is null ? 404 : 200);
    }

    private static async Task Decide(HttpContext http, Edge edge)
    {
        var token = Token(http);
        var form = http.Request is { HasFormContentType: true, ContentLength: <= MostFormBytes } ? await http.Request.ReadFormAsync(http.RequestAborted) : null;
        Ruling? ruling = form?["decision"].ToString() switch
        {
            "approve" => Ruling.Approve,
            "deny" => Ruling.Deny,
            _ => null,
        };
        var note = Texts.InOneLine(form?["note"].ToString() ?? "").Trim();
        if (await Link(edge).Show(token) is not { } shown)
        {
            await Send(http, Gone, 404);
            return;
        }

        if (ruling is not { } ruled || note.Length > Approval.MaxNoteLength)
        {
            await Send(http, Page(shown), 400);
            return;
        }

        var outcome = await Link(edge).Redeem(token, ruled, note.Length > 0 ? note : null);
        await Send(http, outcome?.View is { } view ? Page(shown with { View = view }, outcome.Result == ApprovalResult.AlreadyDecided) : Gone, outcome?.View is null ? 404 : 200);
    }

    private static string Token(HttpContext http) => http.Request.RouteValues["token"] as string ?? "";

    private static ILinkGrain Link(Edge edge) => edge.Grains.GetGrain<ILinkGrain>(0);

    private static string Gone => Whole("This link is not valid", "<p>It has expired, or it was not copied whole. Nothing was decided.</p>");

    private static string Page(TokenView shown, bool isLate = false)
    {
        var (view, a) = (shown.View, shown.View.Approval);
        var agent = view.AgentName.Length > 0 ? view.AgentName : view.Agent.Value;
        var title = view.Status == ApprovalStatus.Pending
            ? a.Kind == ApprovalKind.LimitIncrease ? $"{agent} asks for ${a.Cost} more" : $"{agent} asks to spend ${a.Cost}"
            : $"{(isLate ? "Somebody was faster: t" : "T")}his request is {Names<ApprovalStatus>.Of(view.Status)}";
        var body = new StringBuilder("<dl>");
        Line("What", a.Kind == ApprovalKind.LimitIncrease ? $"{a.Operation}: {Names<LimitType>.Of(a.Limit ?? LimitType.Total)} limit up by ${a.Cost}" : $"{a.Operation}, at most ${a.Cost}");
        Line("Why", a.Justification);
        Line("Who", $"{agent} ({view.Agent})");
        Line("Urgency", Names<Urgency>.Of(a.Urgency).Value + (a.Times > 1 ? $", asked {a.Times} times" : ""));
        if (shown.Standing is { } s)
        {
            Line("Left", $"${s.Remaining} of its {Names<LimitType>.Of(s.Type)} limit of ${s.Limit}");
        }

        Line("Asked at", Explaining.At(a.AskedAt));
        Line("Waits until", Explaining.At(a.ExpiresAt));
        if (view.Verdict is { } v)
        {
            Line("Decided", $"by {v.Decider?.Value ?? v.By} at {Explaining.At(v.At)}{(v.Note is { } said ? $": {said}" : "")}");
        }

        body.Append("</dl>");
        return Whole(title, view.Status == ApprovalStatus.Pending ? body.Append(Form(shown.Mailbox)).ToString() : body.ToString());

        void Line(string label, string value) => body.Append("<div><dt>").Append(label).Append("</dt> <dd>").Append(WebUtility.HtmlEncode(value)).Append("</dd></div>");
    }

    // To its own address: the form names none.
    private static string Form(string mailbox) => $"""
        <form method="post"><label for="note">A note for the agent, if you like. A denial should say why.</label><textarea id="note" name="note" maxlength="{Approval.MaxNoteLength}"></textarea>
        <button class="yes" name="decision" value="approve">Approve</button><button name="decision" value="deny">Deny</button>
        <p>You decide as {WebUtility.HtmlEncode(mailbox)}. Until you press a button, nothing is decided.</p></form>
        """;

    private static string Whole(string title, string body) => $"""
        <!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex">
        <title>{WebUtility.HtmlEncode(title)}</title><style>{Style}</style></head><body><main><h1>{WebUtility.HtmlEncode(title)}</h1>{body}</main></body></html>
        """;

    private static Task Send(HttpContext http, string page, int status)
    {
        var response = http.Response;
        response.StatusCode = status;
        response.ContentType = "text/html; charset=utf-8";
        response.Headers.CacheControl = "no-store";
        response.Headers.ContentSecurityPolicy = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
        response.Headers.XContentTypeOptions = "nosniff";
        response.Headers.XFrameOptions = "DENY";
        response.Headers["Referrer-Policy"] = "no-referrer";
        return response.WriteAsync(page, http.RequestAborted);
    }
}
