using Budgets.ApiHost.Http;

namespace Budgets.ApiHost.Gateway;

/// <summary>The way of a call to a model: hold the most it can cost, forward it, settle what it did.</summary>
internal sealed class Gate(Providers providers, Forwarding forwarding, Endings endings, AnswerCache cache, [FromKeyedServices(BudgetsApi.Clock)] TimeProvider clock)
{
    /// <summary>An answer does not wait longer than this for its cost to be booked; it is booked all the same.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(2);

    public async Task Pass(Call call, ModelRoute route)
    {
        if (await Read(call, route) is not var (asking, provider) || await cache.Answers(call, asking, provider) || await Holds.Hold(call, asking, endings) is not { } held)
        {
            // It has been answered, or told why not.
            return;
        }

        var (spent, tell) = await forwarding.Forward(call.Http, asking, held, provider);
        var settled = await Soon(endings.End(held, spent));
        await cache.Keep(call.Http, asking, held, spent, settled);
        await tell(settled);
    }

    /// <summary>Calls that cost nothing.</summary>
    public async Task PassFree(Call call, ModelRoute route)
    {
        if (await Read(call, route) is var (asking, provider))
        {
            await forwarding.ForwardFree(call.Http, asking, provider);
        }
    }

    private async Task<(Asking Asking, Provider Provider)?> Read(Call call, ModelRoute route)
    {
        var (body, problem) = await CallBody.Read(call.Http);
        Asking? asking = null;
        if (body is not null)
        {
            (asking, problem) = Asking.Read(route, body);
        }

        if (asking is not null && CallPurpose.Read(call.Http.Request.Headers) is var (said, fault))
        {
            (asking.Said, problem) = (said ?? CallPurpose.Unsaid, fault);
        }

        if (asking is null || problem is not null)
        {
            await problem!.Send(call.Http);
            return null;
        }

        var maker = await call.Edge.Quotes.Maker(asking.PricedAs);
        if (providers.For(route.Dialect, maker) is not { } provider)
        {
            await new Problem(ProblemKind.ModelNotServed, $"No provider for '{asking.Model}'{(maker is null ? "" : $" of {maker}")} takes calls to {route.Path} here; the operator sets them: {Providers.Section}.").Send(call.Http);
            return null;
        }

        return (asking, provider);
    }

    private async Task<Receipt?> Soon(Task<Receipt?> ending)
    {
        try
        {
            return await ending.WaitAsync(s_patience, clock);
        }
        catch (TimeoutException)
        {
            return null;
        }
    }
}
