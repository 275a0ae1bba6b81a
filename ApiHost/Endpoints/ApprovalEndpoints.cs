using System.Globalization;
using System.Text.Json;
using Budgets.ApiHost.Auth;
using Budgets.ApiHost.Http;
using Budgets.ApiHost.OpenApi;

namespace Budgets.ApiHost.Endpoints;

/// <summary>An agent asks, somebody above it decides.</summary>
internal static class ApprovalEndpoints
{
    private const string Name = "approval_id";
    private const string One = "/v1/approvals/{" + Name + "}";
    private const int MostSecondsToWait = 60;

    private static readonly Problem OwnRequest = Problem.Forbidden("No agent decides its own request: only the operator, or a manage key of an agent above it.");

    /// <summary>How a spend that names an approval, or should, can be refused.</summary>
    public static ProblemKind[] Unusable =>
    [
        ProblemKind.ApprovalRequired, ProblemKind.ApprovalUnknown, ProblemKind.ApprovalPending, ProblemKind.ApprovalDenied, ProblemKind.ApprovalExpired,
        ProblemKind.ApprovalCancelled, ProblemKind.ApprovalUsed, ProblemKind.ApprovalMismatch, ProblemKind.ApprovalTooSmall,
    ];

    public static void Map(Routes routes)
    {
        routes.Map("POST", "/v1/agents/approvals/request", Access.Spend, Ask, new("requestApproval", "Approvals", "Ask a person to say yes")
        {
            Text = "At or under approval_threshold (10.00 where none is set) it is approved at once. The same operation asked again while it waits is the same request: 200, and counted.",
            Body = typeof(ApprovalBody),
            Answers = [new(201, typeof(ApprovalAnswer), "Asked, or approved at once."), new(200, typeof(ApprovalAnswer), "The same is asked already, and waits.")],
            Problems = [ProblemKind.AgentClosed, ProblemKind.NothingToRaise, ProblemKind.TooManyApprovals, ProblemKind.AskedTooOften],
        });
        routes.MapOwnAndAddressed("GET", "approvals/{" + Name + "}", Access.Read, Get, new("getApproval", "Approvals", "A request as it stands, or once it is decided")
        {
            Query = [new("wait", typeof(int), "Seconds to wait for a decision, 0 (default) to 60.")],
            Answers = [new(200, typeof(ApprovalAnswer), "The request.")], Problems = [ProblemKind.NotFound],
        });
        routes.Map("GET", "/v1/approvals", Access.Anyone, List, new("listApprovals", "Approvals", "What waits for the caller to decide")
        {
            Text = "The operator is shown all, a manage key those of the agents below its own. The most urgent first, of equals the one that has waited longest.",
            Query = [new("status", typeof(ApprovalStatus), "Only pending: what was decided is in the ledger of its agent."), new("limit", typeof(int), "1 to 100, default 50.")],
            Answers = [new(200, typeof(ApprovalListAnswer), "The inbox.")], Problems = [ProblemKind.Forbidden],
        });
        routes.Map("POST", One + "/approve", Access.Anyone, Approve, new("approve", "Approvals", "Say yes")
        {
            Text = "Permits one spend of the operation. By the operator, or by a manage key of an agent above that needs no approval for as much itself.",
            Body = typeof(ApproveBody), BodyIsOptional = true, Answers = [new(200, typeof(ApprovalAnswer), "Approved.")], Problems = [.. Undecidable, ProblemKind.TooManyApprovals],
        });
        routes.Map("POST", One + "/deny", Access.Anyone, Deny, new("deny", "Approvals", "Say no")
        {
            Body = typeof(DenyBody), Answers = [new(200, typeof(ApprovalAnswer), "Denied.")], Problems = Undecidable,
        });
        routes.Map("POST", One + "/cancel", Access.Anyone, Cancel, new("cancelApproval", "Approvals", "Take back a request, or a permission that was not used yet")
        {
            Text = "By who asked, and by who may decide.",
            Body = typeof(EmptyBody), BodyIsOptional = true, Answers = [new(200, typeof(ApprovalAnswer), "Cancelled.")], Problems = Undecidable,
        });
    }

    private static ProblemKind[] Undecidable => [ProblemKind.NotFound, ProblemKind.Forbidden, ProblemKind.AgentClosed, ProblemKind.ApprovalDecided];

    private static async Task Ask(Call call)
    {
        var (body, problem) = await Body.Read(call.Http, Wire.Default.ApprovalBody);
        if (body is null)
        {
            await problem!.Send(call.Http);
            return;
        }

        await Answer(call, await call.Budget.Ask(body.ToAsk(call.By)), 201);
    }

    private static async Task Get(Call call)
    {
        var query = new Query(call.Http, "wait");
        var wait = query.Whole("wait", 0, MostSecondsToWait, 0);
        var id = IdOf(call);
        if (query.Problem is { } problem || id?.Agent != call.Agent)
        {
            await (query.Problem ?? Problem.NotFound).Send(call.Http);
            return;
        }

        var view = await call.Edge.Approvals.Until(id.Value, TimeSpan.FromSeconds(wait), call.Http.RequestAborted);
        await (view is null ? Problem.NotFound.Send(call.Http) : Send(call, view, 200));
    }

    private static async Task List(Call call)
    {
        var query = new Query(call.Http, "status", "limit");
        var limit = query.Limit(100, 50);
        query.Faults.AddIf(query.OneOf<ApprovalStatus>("status") is not (null or ApprovalStatus.Pending), "status", "must be pending; what was decided is in the ledger of its agent");
        var problem = query.Problem ?? (call.Caller.Has(Scopes.Manage) ? null : Problem.Forbidden("This takes a key with the scope manage."));
        if (problem is not null)
        {
            await problem.Send(call.Http);
            return;
        }

        var waiting = await Inbox.Waiting(call.Edge.Grains, agent => call.Caller.IsOperator ? new(true) : call.Edge.Lineage.IsBelow(agent, call.Caller.Agent!.Value));
        await Reply.Send(call.Http, 200, Wire.Default.ApprovalListAnswer, new(
            [.. waiting.OrderByDescending(v => v.Approval.Urgency).ThenBy(v => v.Approval.AskedAt).Take(limit).Select(ApprovalAnswer.Of)], waiting.Count > limit));
    }

    private static async Task Approve(Call call)
    {
        var (body, problem) = await Body.Read(call.Http, Wire.Default.ApproveBody, optional: true);
        await Rule(call, problem, id => new(id, Ruling.Approve, By(call), "rest", body!.Note, body.Amount, body.ValidForSeconds, body.MayPassLimit == true, call.Caller.Agent));
    }

    private static async Task Deny(Call call)
    {
        var (body, problem) = await Body.Read(call.Http, Wire.Default.DenyBody);
        await Rule(call, problem, id => new(id, Ruling.Deny, By(call), "rest", body!.DenialReason, Decider: call.Caller.Agent));
    }

    private static async Task Cancel(Call call)
    {
        var (_, problem) = await Body.Read(call.Http, Wire.Default.EmptyBody, optional: true);
        var isAsker = call.Caller.Agent is { } agent && IdOf(call)?.Agent == agent;
        await Rule(call, problem, id => new(id, Ruling.Cancel, isAsker ? call.Caller.By : By(call), "rest", Decider: isAsker ? null : call.Caller.Agent), mayBeAsker: true);
    }

    private static async Task Rule(Call call, Problem? malformed, Func<ApprovalId, RulingRequest> request, bool mayBeAsker = false)
    {
        var (id, problem) = await Admit(call, mayBeAsker);
        if ((problem ?? malformed) is { } wrong)
        {
            await wrong.Send(call.Http);
            return;
        }

        var asked = request(id);
        var grain = call.Edge.Grains.GetGrain<IApprovalGrain>(id.Value);
        var beyond = asked.Ruling == Ruling.Approve ? await Beyond(call, grain, asked) : null;
        await (beyond?.Send(call.Http) ?? Answer(call, await grain.Rule(asked), 200));
    }

    /// <summary>Who may decide: never the agent that asked, nor one beside or below it.</summary>
    private static async ValueTask<(ApprovalId Id, Problem? Problem)> Admit(Call call, bool mayBeAsker)
    {
        if (IdOf(call) is not { } id)
        {
            return (default, Problem.NotFound);
        }

        return call.Caller.IsOperator ? (id, null)
            : call.Caller.Agent == id.Agent ? (id, mayBeAsker ? null : OwnRequest)
            : (id, (await Authority.AdmitToAnother(call.Caller, Access.Above, id.Agent.Value, call.Edge.Lineage)).Problem);
    }

    /// <summary>Nobody lets a descendant spend what he would have to ask for himself.</summary>
    private static async Task<Problem?> Beyond(Call call, IApprovalGrain grain, RulingRequest request)
    {
        if (call.Caller.Budget is not { } budget || await budget.GetBudget() is not { } own || BudgetAnswer.ThresholdOf(own) is not { } most || await grain.Get() is not { } view)
        {
            return null;
        }

        return (request.Amount ?? view.Approval.Cost) > most
            ? Problem.Forbidden($"This agent needs an approval itself for more than {most}; somebody above it has to decide.")
            : null;
    }

    private static async Task Answer(Call call, ApprovalOutcome outcome, int done)
    {
        if (outcome.Result is ApprovalResult.Done or ApprovalResult.AskedBefore)
        {
            await Send(call, outcome.View!, outcome.Result == ApprovalResult.Done ? done : 200);
            return;
        }

        var kind = OutcomeTable.Of(outcome.Result);
        if (outcome.RetryAt is { } retryAt)
        {
            call.Http.Response.Headers.RetryAfter = Math.Max(1, (long)Math.Ceiling((retryAt - call.Edge.Now).TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        }

        await (outcome is { Result: ApprovalResult.AlreadyDecided, View: { } view } ? SendDecided(call.Http, view)
            : outcome.Result == ApprovalResult.MoreThanAsked ? Problem.Invalid("amount", $"must be at most what was asked for, {outcome.View?.Approval.Cost}").Send(call.Http)
            : new Problem(kind, Sentence(outcome.Result)).Send(call.Http));
    }

    /// <summary>Whoever comes second learns which decision was first.</summary>
    private static Task SendDecided(HttpContext http, ApprovalView view)
    {
        Problem.SetHeaders(http.Response, ProblemKind.ApprovalDecided);
        var sheet = Sheet.Take();
        sheet.Writer.WriteStartObject();
        Problem.WriteHead(sheet.Writer, ProblemKind.ApprovalDecided, SentenceOf(view));
        sheet.Writer.WritePropertyName("approval"u8);
        JsonSerializer.Serialize(sheet.Writer, ApprovalAnswer.Of(view), Wire.Default.ApprovalAnswer);
        sheet.Writer.WriteEndObject();
        return sheet.Send(http, ProblemKind.ApprovalDecided.Status, Sheet.Problem);
    }

    internal static string SentenceOf(ApprovalView view) =>
        $"It is {Names<ApprovalStatus>.Of(view.Status)}{(view.Verdict is { } v ? $": decided by {v.Decider?.Value ?? v.By} at {Explaining.At(v.At)}" : "")}.";

    private static string Sentence(ApprovalResult result) => result switch
    {
        ApprovalResult.AgentClosed => "The agent is closed; nothing more is asked or decided for it.",
        ApprovalResult.NothingToRaise => "The agent has no limit of this kind.",
        ApprovalResult.TooManyOpen => $"{Approval.MostPending} requests of an agent may wait at once, and {Approval.MostPermitted} permissions be unused.",
        ApprovalResult.AskedTooOften => $"An agent may ask for {Approval.MostInAnHour} new things in an hour.",
        _ => "There is no such approval.",
    };

    private static Task Send(Call call, ApprovalView view, int status) => Reply.Send(call.Http, status, Wire.Default.ApprovalAnswer, ApprovalAnswer.Of(view));

    private static string By(Call call) => call.Caller.IsOperator ? Actors.Operator : "parent:manage";

    private static ApprovalId? IdOf(Call call) => call.PathId(Name) is { } text && ApprovalId.IsWellFormed(text) ? new ApprovalId(text) : null;
}

/// <summary>Everything that waits: who may have something is in the list, what it is says each budget.</summary>
internal static class Inbox
{
    private const int AtOnce = 32;

    public static async Task<IReadOnlyList<ApprovalView>> Waiting(IGrainFactory grains, Func<AgentId, ValueTask<bool>> mayDecide)
    {
        var parts = await Task.WhenAll(Enumerable.Range(0, IInboxGrain.Parts).Select(async part => (Part: part, Agents: await grains.GetGrain<IInboxGrain>(part).Agents())));
        var waiting = new List<ApprovalView>();
        foreach (var (part, agents) in parts)
        {
            var idle = new List<AgentId>();
            foreach (var some in agents.Chunk(AtOnce))
            {
                var asked = await Task.WhenAll(some.Select(async agent =>
                    (Agent: agent, IsMine: await mayDecide(agent), Open: await grains.GetGrain<IBudgetGrain>(agent.Value).GetApprovals())));
                waiting.AddRange(asked.Where(a => a.IsMine).SelectMany(a => a.Open).Where(v => v.Status == ApprovalStatus.Pending));
                idle.AddRange(asked.Where(a => a.Open.All(v => v.Status != ApprovalStatus.Pending)).Select(a => a.Agent));
            }

            if (idle.Count > 0)
            {
                await grains.GetGrain<IInboxGrain>(part).Forget([.. idle]);
            }
        }

        return waiting;
    }
}
