using System.Collections.Immutable;
using Budgets.ApiHost.Http;

namespace Budgets.ApiHost.Gateway;

/// <summary>The way of a call to a model: hold the most it can cost, forward it, settle what it did.</summary>
internal sealed class Gate(Router router, Economy economy, Forwarding forwarding, Endings endings, AnswerCache cache)
{
    public async Task Pass(Call call, ModelRoute route)
    {
        if (await Read(call, route) is { } choices)
        {
            await Pass(call, choices, choice => Holds.Hold(call, choice.Asking, endings));
        }
    }

    /// <param name="hold">Sets aside what the call can cost of a model.</param>
    /// <returns>The models that it was made of: what the last one answered was told. Empty: something else was.</returns>
    public async Task<ImmutableArray<Tried>> Pass(Call call, Choices choices, Func<Choice, Task<Holding>> hold)
    {
        ImmutableArray<Tried> made = [];
        if (await cache.Answers(call, choices.All[0].Asking, choices.All[0].Provider))
        {
            return made;
        }

        Func<Task>? tellBefore = null;
        foreach (var choice in choices.All)
        {
            var isLast = choice == choices.All[^1];
            var (held, refuse, isForMoney) = await hold(choice);
            if (held is null)
            {
                if (isForMoney && choices.WhenRefused && !isLast)
                {
                    continue;
                }

                await (tellBefore ?? refuse)();
                return made;
            }

            Headers.TellRoute(call.Http.Response, choice.Asking);
            var (spent, tell, fault) = await forwarding.Forward(call.Http, choice.Asking, held, choice.Provider, judges: choices.WhenFailed && !isLast);
            var settled = await endings.Soon(endings.End(held, spent));
            economy.Heard(call.Agent, settled ?? held.Receipt);
            var goesOn = fault is not null && !isLast && choices.WhenFailed;
            made = made.Add(new Tried(choice.Asking, held, settled, goesOn ? fault : null));
            if (!goesOn)
            {
                if (choice == choices.All[0])
                {
                    // What another model answered was not asked of it.
                    await cache.Keep(call.Http, choice.Asking, held, spent, settled);
                }

                await tell(settled);
                return made;
            }

            // Not good enough. If there is no money for the next, it is what there is.
            Headers.TellTried(call.Http.Response, made[^1]);
            tellBefore = () => tell(settled);
        }

        return made;
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
