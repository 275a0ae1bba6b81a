using Budgets.ApiHost.Auth;
using Budgets.ApiHost.Http;
using Budgets.ApiHost.OpenApi;

namespace Budgets.ApiHost.Endpoints;

/// <summary>Who is told what of a budget. What is set from above is a layer of its own: the agent adds to it and can silence nothing of it.</summary>
internal static class AlertEndpoints
{
    /// <summary>How long both signatures are sent after a rotation.</summary>
    private static readonly TimeSpan Overlap = TimeSpan.FromHours(24);

    public static void Map(Routes routes)
    {
        routes.MapOwnAndAddressed("POST", "alerts", Access.Manage, Set, new("configureAlerts", "Alerts", "Set thresholds, webhook and e-mail")
        {
            Text = "Each threshold is told once per window and limit, and once again only above the new line when the limit is raised. Webhooks are signed as Standard Webhooks 1.0.",
            Body = typeof(AlertsBody), Answers = [new(200, typeof(AlertsAnswer), "As it is now; with webhook_secret when the webhook is new.")],
            Problems = [ProblemKind.AgentClosed],
        });
        routes.MapOwnAndAddressed("GET", "alerts", Access.Manage, Get, new("getAlerts", "Alerts", "Thresholds and channels")
        {
            Answers = [new(200, typeof(AlertsAnswer), "As they are, without the secret.")],
        });
        routes.MapOwnAndAddressed("POST", "alerts/test", Access.Manage, Test, new("testAlerts", "Alerts", "Send a test alert to every channel")
        {
            Body = typeof(EmptyBody), BodyIsOptional = true, Answers = [new(200, typeof(TestedAnswer), "On their way.")], Problems = [ProblemKind.AgentClosed],
        });
        routes.MapOwnAndAddressed("POST", "alerts/rotate-secret", Access.Manage, Rotate, new("rotateWebhookSecret", "Alerts", "Make a new signing secret; the old one signs too for a day")
        {
            Body = typeof(EmptyBody), BodyIsOptional = true, Answers = [new(200, typeof(RotatedSecretAnswer), "Shown here and never again.")], Problems = [ProblemKind.AgentClosed],
        });
        routes.MapOwnAndAddressed("GET", "alerts/deliveries", Access.Manage, List, new("listDeliveries", "Alerts", "Deliveries that wait, and the last hundred that have ended, newest first")
        {
            Query =
            [
                new("limit", typeof(int), "1 to 100, default 50."), new("cursor", typeof(string), "The next_cursor of the page before."),
                new("status", typeof(DeliveryStatus), "Only these."),
            ],
            Answers = [new(200, typeof(DeliveryListAnswer), "A page.")],
        });
        routes.MapOwnAndAddressed("POST", "alerts/deliveries/{delivery_id}/replay", Access.Manage, Replay, new("replayDelivery", "Alerts", "Send a delivery again, with the same id and body")
        {
            Body = typeof(EmptyBody), BodyIsOptional = true, Answers = [new(200, typeof(DeliveryAnswer), "On its way; or as it ended, where there is nowhere to send it to any more.")],
            Problems = [ProblemKind.NotFound, ProblemKind.AgentClosed],
        });
    }

    private static async Task Set(Call call)
    {
        var (body, problem) = await Body.Read(call.Http, Wire.Default.AlertsBody);
        if ((problem ?? (await Open(call)).Problem) is { } wrong)
        {
            await wrong.Send(call.Http);
            return;
        }

        // The channels first: what the budget is told to tell must have somewhere to go. Asked again after a failure in between, both end the same.
        var set = await Deliveries(call).SetChannels(body!.ToChannels(call.Layer, call.By), WebhookSecret.Make());
        if (set.Fault is { } fault)
        {
            await new Problem(ProblemKind.InvalidRequest, fault, [new Fault("webhook_url", fault)]).Send(call.Http);
            return;
        }

        var outcome = await call.Budget.Configure(body.ToSettings(call.Layer, call.By, set.Channels));
        call.Http.Response.Headers.CacheControl = "no-store";
        await BudgetEndpoints.Configured(call, outcome, budget => AlertsAnswer.Of(budget, set.Channels, set.Secret), Wire.Default.AlertsAnswer);
    }

    private static async Task Get(Call call)
    {
        var problem = new Query(call.Http).Problem;
        var budget = problem is null ? await call.Budget.GetBudget() : null;
        if (budget is null)
        {
            await (problem ?? Problem.NotFound).Send(call.Http);
            return;
        }

        var channels = await Deliveries(call).GetChannels();
        await Reply.Send(call.Http, 200, Wire.Default.AlertsAnswer, AlertsAnswer.Of(budget, channels.Single(c => c.Layer == call.Layer)));
    }

    private static async Task Test(Call call)
    {
        var (budget, problem) = await Asked(call);
        if (problem is not null)
        {
            await problem.Send(call.Http);
            return;
        }

        var alert = new Alert(0, AlertKinds.Test, call.Edge.Now, call.Agent, budget!.Name, null, null, [], null, [], [], "A test: nothing has happened.");
        var sent = await Deliveries(call).Test(call.Layer, alert);
        await Reply.Send(call.Http, 200, Wire.Default.TestedAnswer, new TestedAnswer([.. sent.Select(DeliveryAnswer.Of)]));
    }

    private static async Task Rotate(Call call)
    {
        var (_, problem) = await Asked(call);
        var rotated = problem is null ? await Deliveries(call).RotateSecret(call.Layer, WebhookSecret.Make(), Overlap, call.By) : null;
        if (rotated?.Secret is not { } secret)
        {
            await (problem ?? Problem.Invalid("webhook_url", "is not set: there is no secret to rotate")).Send(call.Http);
            return;
        }

        call.Http.Response.Headers.CacheControl = "no-store";
        await Reply.Send(call.Http, 200, Wire.Default.RotatedSecretAnswer, new RotatedSecretAnswer(secret, call.Edge.Now + Overlap));
    }

    private static async Task List(Call call)
    {
        var query = new Query(call.Http, "limit", "cursor", "status");
        var (limit, status, before) = (query.Limit(100, 50), query.OneOf<DeliveryStatus>("status"), query.Cursor(LedgerEndpoints.IsSeq));
        if ((query.Problem ?? (await call.Budget.GetBudget() is null ? Problem.NotFound : null)) is { } problem)
        {
            await problem.Send(call.Http);
            return;
        }

        var page = await Deliveries(call).GetDeliveries(status, Shown(call), before is null ? null : LedgerEndpoints.SeqOf(before), limit);
        await Reply.Send(call.Http, 200, Wire.Default.DeliveryListAnswer, new DeliveryListAnswer(
            [.. page.Deliveries.Select(DeliveryAnswer.Of)], page.Next is { } next ? LedgerEndpoints.CursorOf(next) : null, page.Next is not null));
    }

    private static async Task Replay(Call call)
    {
        var (_, problem) = await Asked(call);
        var replayed = problem is null ? await Deliveries(call).Replay(call.PathId("delivery_id") ?? "", Shown(call)) : null;
        await (replayed is null ? (problem ?? Problem.NotFound).Send(call.Http) : Reply.Send(call.Http, 200, Wire.Default.DeliveryAnswer, DeliveryAnswer.Of(replayed)));
    }

    private static IDeliveryGrain Deliveries(Call call) => call.Edge.Grains.GetGrain<IDeliveryGrain>(call.Agent.Value);

    /// <summary>Who is above the agent sees both layers; the agent does not see who is told of it from above.</summary>
    private static Layer? Shown(Call call) => call.Layer == Layer.Own ? Layer.Own : null;

    /// <summary>Of a request without anything to say in its body.</summary>
    private static async Task<(BudgetView? Budget, Problem? Problem)> Asked(Call call)
    {
        var (_, problem) = await Body.Read(call.Http, Wire.Default.EmptyBody, optional: true);
        return problem is null ? await Open(call) : (null, problem);
    }

    private static async Task<(BudgetView? Budget, Problem? Problem)> Open(Call call) => await call.Budget.GetBudget() switch
    {
        null => (null, Problem.NotFound),
        { Closed: true } => (null, new Problem(ProblemKind.AgentClosed, "The agent is closed; nothing more will be told of it.")),
        var budget => (budget, null),
    };
}
