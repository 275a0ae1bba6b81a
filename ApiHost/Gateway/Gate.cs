using Budgets.ApiHost.Http;

namespace Budgets.ApiHost.Gateway;

/// <summary>The way of a call to a model: hold the most it can cost, forward it, settle what it did.</summary>
internal sealed class Gate(Router router, Economy economy, Forwarding forwarding, Endings endings, AnswerCache cache)
{
    public async Task Pass(Call call, ModelRoute route)
    {
        if (await Read(call, route) is not { } choices || await cache.Answers(call, choices.All[0].Asking, choices.All[0].Provider))
        {
            // It has been answered, or told why not.
            return;
        }

        Func<Task>? tellBefore = null;
        foreach (var choice in choices.All)
        {
            var isLast = choice == choices.All[^1];
            var (held, refuse, isForMoney) = await Holds.Hold(call, choice.Asking, endings);
            if (held is null)
            {
                if (isForMoney && choices.WhenRefused && !isLast)
                {
                    continue;
                }

                await (tellBefore ?? refuse)();
                return;
            }

            Headers.TellRoute(call.Http.Response, choice.Asking);
            var (spent, tell, fault) = await forwarding.Forward(call.Http, choice.Asking, held, choice.Provider, judges: choices.WhenFailed && !isLast);
            var settled = await endings.Soon(endings.End(held, spent));
            economy.Heard(call.Agent, settled ?? held.Receipt);
            if (fault is null || isLast || !choices.WhenFailed)
            {
                if (choice == choices.All[0])
                {
                    // What another model answered was not asked of it.
                    await cache.Keep(call.Http, choice.Asking, held, spent, settled);
                }

                await tell(settled);
                return;
            }

            // Not good enough. If there is no money for the next, it is what there is.
            Headers.TellTried(call.Http.Response, choice.Asking, fault, settled);
            tellBefore = () => tell(settled);
        }
    }

    /// <summary>Calls that cost nothing.</summary>
    public async Task PassFree(Call call, ModelRoute route)
    {
        if (await Read(call, route) is { } choices)
        {
            await forwarding.ForwardFree(call.Http, choices.All[0].Asking, choices.All[0].Provider);
        }
    }

    private async Task<Choices?> Read(Call call, ModelRoute route)
    {
        var (body, problem) = await CallBody.Read(call.Http);
        Asking? asking = null;
        if (body is not null)
        {
            (asking, problem) = Asking.Read(route, body);
        }

        Choices? choices = null;
        if (asking is not null && CallPurpose.Read(call.Http.Request.Headers) is var (said, fault))
        {
            asking.Said = said ?? CallPurpose.Unsaid;
            (choices, problem) = said is null ? (null, fault) : await router.Choose(call, asking);
        }

        if (choices is null)
        {
            await problem!.Send(call.Http);
        }

        return choices;
    }
}
