using Budgets.ApiHost.Auth;
using Budgets.ApiHost.Gateway.Batches;
using Budgets.ApiHost.Http;
using Budgets.ApiHost.OpenApi;

namespace Budgets.ApiHost.Gateway;

/// <summary>The routes of providers: point an SDK here, with the key of an agent.</summary>
internal static class GatewayEndpoints
{
    public static void AddGateway(this IServiceCollection services)
    {
        services.AddSingleton(s => Providers.Read(s.GetRequiredService<IConfiguration>()));
        services.AddSingleton(s => Tiers.Read(s.GetRequiredService<IConfiguration>()));
        services.AddSingleton<Economy>();
        services.AddSingleton<Router>();
        services.AddSingleton<Makers>();
        services.AddSingleton<Upstream>();
        services.AddSingleton<Attempts>();
        services.AddSingleton<Endings>();
        services.AddHostedService(s => s.GetRequiredService<Endings>());
        services.AddSingleton<Forwarding>();
        services.AddSingleton(s => CacheSettings.Read(s.GetRequiredService<IConfiguration>()));
        services.AddSingleton<AnswerStore>();
        services.AddSingleton(s => JoinSettings.Read(s.GetRequiredService<IConfiguration>()));
        services.AddSingleton<Joining>();
        services.AddSingleton<AnswerCache>();
        services.AddSingleton<Gate>();
        services.AddSingleton<NextTries>();
        services.AddSingleton<BatchRun>();
    }

    public static void Map(Routes routes, Gate gate)
    {
        MapOne(routes, ModelRoute.Chat, gate.Pass, new("createChatCompletion", "Gateway", "Call a model, in OpenAI's dialect"));
        MapOne(routes, ModelRoute.Responses, gate.Pass, new("createResponse", "Gateway", "Call a model by OpenAI's responses"));
        MapOne(routes, ModelRoute.Embeddings, gate.Pass, new("createEmbedding", "Gateway", "Embed texts, in OpenAI's dialect"));
        MapOne(routes, ModelRoute.Images, gate.Pass, new("createImage", "Gateway", "Make pictures, in OpenAI's dialect"));
        MapOne(routes, ModelRoute.Messages, gate.Pass, new("createMessage", "Gateway", "Call a model, in Anthropic's dialect"));
        MapOne(routes, ModelRoute.CountTokens, gate.PassFree, new("countTokens", "Gateway", "Count a message's tokens, which costs nothing"));
    }

    private static void MapOne(Routes routes, ModelRoute route, Func<Call, ModelRoute, Task> pass, Described described) =>
        routes.Map("POST", route.Path, Access.Spend, call => pass(call, route), described with
        {
            Text = "Takes and answers what the provider does, streams included. The most that the call can cost is held before it is forwarded; what it did cost is booked from the provider's own usage. "
                + "The headers x-budget-operation and x-budget-tags (with commas between them) say what it is for, and x-budget-approval names an approval to use. "
                + "x-budget-cost, x-budget-remaining, x-budget-reservation, x-budget-model and x-budget-max-tokens tell of it. Where the same was answered in this tree a while ago, it is answered again for nothing: x-budget-cache. "
                + "Model auto (chat, responses, messages) is one of the operator's tiers, for a task as hard as x-task-complexity says (simple, medium, complex) or as it looks; x-budget-route says why a model was used, "
                + "x-budget-tried which were not good enough. Errors are in the provider's form.",
            Accent = route.Dialect,
            TakesIdempotencyKey = true,
            Answers = [new(200, null, "The provider's answer."), new(200, null, "The same as a stream.", "text/event-stream")],
            Problems =
            [
                ProblemKind.InvalidRequest, ProblemKind.BudgetExceeded, ProblemKind.Frozen, ProblemKind.RateExceeded, ProblemKind.ModelNotServed, ProblemKind.CallMadeBefore,
                ProblemKind.AgentClosed, ProblemKind.BodyTooLarge, ProblemKind.UnsupportedMediaType, ProblemKind.IdempotencyKeyReused, ProblemKind.UnknownModelPrice,
                ProblemKind.UnpricedFeature, ProblemKind.AmountTooLarge, ProblemKind.TooManyReservations, ProblemKind.ProviderRefused, ProblemKind.ProviderUnreachable, ProblemKind.ProviderBrokeOff,
            ],
        });
}
