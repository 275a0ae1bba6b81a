using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Budgets.ApiHost.Auth;
using Budgets.ApiHost.Http;
using Budgets.ApiHost.OpenApi;

namespace Budgets.ApiHost.Endpoints;

/// <summary>Spend at once.</summary>
internal static class ChargeEndpoints
{
    private static readonly Problem FromTheFuture = Problem.Invalid("occurred_at", "must not be in the future");
    private static readonly Problem KeyedBatch = Problem.Invalid(Idempotency.Header, "does not go with a batch: give every charge its own idempotency_key");

    public static void Map(Routes routes) => routes.Map("POST", "/v1/charges", Access.Spend, Post, new("charge", "Spending", "Spend at once")
    {
        Text = "A batch is booked in one step and answers 200 with one result for each charge, in order. A batch with a malformed charge is refused whole.",
        Body = typeof(ChargeBody),
        TakesIdempotencyKey = true,
        Answers = [new(201, typeof(ChargeAnswer), "Booked."), new(200, typeof(BatchAnswer), "The results of a batch.")],
        Problems =
        [
            ProblemKind.BudgetExceeded, ProblemKind.InsufficientBalance, ProblemKind.Frozen, ProblemKind.RateExceeded, .. ApprovalEndpoints.Unusable, ProblemKind.AgentClosed,
            ProblemKind.AmountTooLarge, ProblemKind.IdempotencyKeyReused, ProblemKind.UnknownModelPrice,
        ],
    });

    private static async Task Post(Call call)
    {
        var (body, problem) = await Body.Read(call.Http, Wire.Default.ChargeBody);
        if (body?.Charges is { } charges)
        {
            await Batch(call, charges);
            return;
        }

        var (key, keyProblem) = body is null ? default : Idempotency.Of(call.Http, body.IdempotencyKey);
        if ((problem ?? keyProblem ?? Asked(call, body!)) is { } wrong)
        {
            await wrong.Send(call.Http);
            return;
        }

        var request = body!.ToRequest(key);
        await Spending.Answer(call, call.Budget.Charge(request), request.Key, 201, Receipts.Charge, body);
    }

    private static async Task Batch(Call call, ChargeItem[] charges)
    {
        var wrong = Idempotency.IsGiven(call.Http) ? KeyedBatch : charges.Select(c => Asked(call, c)).FirstOrDefault(p => p is not null);
        if (wrong is not null)
        {
            await wrong.Send(call.Http);
            return;
        }

        var requests = new ChargeRequest[charges.Length];
        for (var i = 0; i < requests.Length; i++)
        {
            requests[i] = charges[i].ToRequest(charges[i].IdempotencyKey is { } key ? new IdempotencyKey(key) : null);
        }

        ImmutableArray<SpendOutcome> outcomes;
        try
        {
            outcomes = await call.Budget.ChargeMany(ImmutableCollectionsMarshal.AsImmutableArray(requests));
        }
        catch (Exception e) when (!call.Http.RequestAborted.IsCancellationRequested)
        {
            await Breakdowns.Of(e, call.Edge.Log, requests.Select(r => r.Key.Value)).Send(call.Http);
            return;
        }

        await Batches.Send(call, outcomes);
    }

    private static Problem? Asked(Call call, ChargeItem charge) =>
        charge.OccurredAt is not null && charge.IsInTheFuture(call.Edge.Now) ? FromTheFuture : null;
}
