namespace Budgets.ApiHost.Http;

/// <summary>The outermost step: whoever finds no room is turned away, and whatever goes wrong, and wherever no handler answers, the answer is a problem.</summary>
internal static class ProblemPages
{
    public static void UseProblems(this WebApplication app)
    {
        var admission = new Admission();
        var log = app.Services.GetRequiredService<ILoggerFactory>().CreateLogger("Budgets.ApiHost");
        app.Use(next => http => Guard(next, http, admission, log));

        // Added by hand so that it comes after the guard.
        app.UseRouting();
    }

    private static async Task Guard(RequestDelegate next, HttpContext http, Admission admission, ILogger log)
    {
        // Whoever asks how a full host is must be told, or it is taken for dead.
        var isCounted = !http.Request.Path.StartsWithSegments("/health");
        if (isCounted && !admission.TryEnter())
        {
            await Admission.Full.Send(http);
            return;
        }

        try
        {
            await next(http);
            if (!http.Response.HasStarted && http.Response is { ContentLength: null, StatusCode: >= 400 } && Bare(http.Response.StatusCode) is { } problem)
            {
                await problem.Send(http);
            }
        }
        catch (Exception) when (http.RequestAborted.IsCancellationRequested)
        {
            // Nobody is listening any more; what was acknowledged or not is in the journal.
        }
        catch (Exception e)
        {
            var problem = Breakdowns.Of(e, log);
            if (http.Response.HasStarted)
            {
                // Half an answer must not look like a whole one.
                http.Abort();
                return;
            }

            http.Response.Clear();
            await problem.Send(http);
        }
        finally
        {
            if (isCounted)
            {
                admission.Leave();
            }
        }
    }

    private static Problem? Bare(int status) => status switch
    {
        404 => Problem.NotFound,
        405 => new Problem(ProblemKind.MethodNotAllowed, "The Allow header lists the methods that this resource takes."),
        412 => new Problem(ProblemKind.PreconditionFailed, "This is not the version that If-Match or If-Unmodified-Since asks for."),
        _ => null,
    };
}
