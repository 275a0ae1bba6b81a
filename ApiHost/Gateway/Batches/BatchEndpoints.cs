using Budgets.ApiHost.Auth;
using Budgets.ApiHost.Endpoints;
using Budgets.ApiHost.Http;
using Budgets.ApiHost.OpenApi;

namespace Budgets.ApiHost.Gateway.Batches;

/// <summary>Many calls to models in one request: one hold, what is asked twice is paid once, and what comes of them is told as it comes.</summary>
internal static class BatchEndpoints
{
    public static void Map(Routes routes, Router router, Endings endings, BatchRun run) => routes.Map(
        "POST", "/v1/agents/batch", Access.Spend, call => run.Within(call.Http, () => Post(call, router, endings, run)), new("batchCalls", "Gateway", "Call models, up to a thousand times at once")
        {
            Text = "The most that all calls together can cost of their first models is held at once, or nothing is done. Requests that say the same are one call and paid once. One that fails does not fail the others: each result has its own status. "
                + "With 'Accept: text/event-stream' every result comes as soon as it is there, as an event 'result', followed by one 'progress' {total, completed, failed, cost}; 'done' is the last, with the members of the answer but for the results. "
                + "When the caller goes, calls that are under way are finished and paid, and no other is begun. x-budget-operation, x-budget-tags, x-budget-approval and x-task-complexity are about all of it. "
                + "Of model auto, and in economy mode, each call is routed as if it came alone; what a fallback can cost is held when a poor answer leads to it, and if that does not fit the poor answer is told.",
            Body = typeof(CallsBody),
            TakesIdempotencyKey = true,
            Answers = [new(200, typeof(CallsAnswer), "What became of each."), new(200, null, "The same as events.", "text/event-stream")],
            Problems =
            [
                ProblemKind.BudgetExceeded, ProblemKind.InsufficientBalance, ProblemKind.Frozen, ProblemKind.RateExceeded, .. ApprovalEndpoints.Unusable, ProblemKind.ModelNotServed,
                ProblemKind.CallMadeBefore, ProblemKind.AgentClosed, ProblemKind.BodyTooLarge, ProblemKind.UnsupportedMediaType, ProblemKind.IdempotencyKeyReused,
                ProblemKind.UnknownModelPrice, ProblemKind.UnpricedFeature, ProblemKind.AmountTooLarge, ProblemKind.TooManyReservations,
            ],
        });

    private static async Task Post(Call call, Router router, Endings endings, BatchRun run)
    {
        var (body, problem) = await CallBody.Read(call.Http);
        Batch? batch = null;
        if (body is not null)
        {
            (batch, problem) = BatchText.Read(body);
        }

        if (batch is null)
        {
            await problem!.Send(call.Http);
            return;
        }

        if (await BatchHolds.Hold(call, batch, router, endings) is { } hold)
        {
            await run.Run(call, batch, hold);
        }
    }
}
