using Budgets.ApiHost.Auth;
using Budgets.ApiHost.OpenApi;
using Orleans.Runtime;

namespace Budgets.ApiHost.Http;

/// <summary>Puts the door before pages for operators that somebody else has mapped. A browser asks for the key in a dialog of its own (HTTP Basic).</summary>
/// <remarks>
/// A browser that was told the key sends it with every request to these paths, whoever made it send one. So requests that another site's page causes are
/// refused, no other site may show these pages in a frame, and no route but these takes Basic.
/// </remarks>
internal sealed partial class OperatorPages(Edge edge)
{
    // Any user name will do.
    private const string Dialog = "Basic realm=\"Operators: the key is the password\", charset=\"UTF-8\"";

    private static readonly Problem FromElsewhere = Problem.Forbidden("These pages are opened by people, not by other sites.");

    /// <param name="described">Not part of the contract: the pages are not ours.</param>
    public void Guard(IEndpointConventionBuilder pages, Described described) => pages.Finally(page =>
    {
        var inside = page.RequestDelegate!;
        page.RequestDelegate = http => Enter(http, inside);
        page.Metadata.Add(described with { Access = Access.Operator, Path = ((RouteEndpointBuilder)page).RoutePattern.RawText! });
        page.Metadata.Add(new ExcludeFromDescriptionAttribute());
    });

    private async Task Enter(HttpContext http, RequestDelegate inside)
    {
        var headers = http.Response.Headers;
        headers.CacheControl = "no-store";
        headers.XContentTypeOptions = "nosniff";
        headers.XFrameOptions = "DENY";
        headers["Referrer-Policy"] = "no-referrer";
        if (await edge.Door.WhoInBrowser(http) is not { } caller)
        {
            headers.WWWAuthenticate = Dialog;
            await Problem.Unauthenticated.Send(http);
            return;
        }

        var problem = Authority.Admit(caller, Access.Operator, addressed: null, http.Request.Path).Problem
            ?? (http.Request.Headers["Sec-Fetch-Site"].ToString() is "cross-site" or "same-site" ? FromElsewhere : null);
        await (problem?.Send(http) ?? Inside(http, inside));
    }

    private async Task Inside(HttpContext http, RequestDelegate inside)
    {
        try
        {
            await inside(http);
        }
        catch (Exception e) when (!http.Response.HasStarted && !http.RequestAborted.IsCancellationRequested && e is not (OrleansException or TimeoutException))
        {
            // Its own way to say that an address or a number in the path is none.
            LogNoSuchPage(edge.Log, e, http.Request.Path);
            await Problem.NotFound.Send(http);
        }
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "The operators' page {Page} could not be shown.")]
    private static partial void LogNoSuchPage(ILogger log, Exception error, PathString page);
}
