using System.Collections.Immutable;
using System.Text;
using System.Security.Cryptography;
using Budgets.ApiHost.Http;

namespace Budgets.ApiHost.Gateway.Batches;

/// <summary>"A batch is made when the most that all of it can cost fits; if it does not, none of it is."</summary>
internal static class BatchHolds
{
    /// <summary>One key can be tried so often after batches of which no call was begun.</summary>
    private const int MostRepeats = 8;

    /// <returns>Null: the caller was told why not.</returns>
    public static async Task<BatchHold?> Hold(Call call, Batch batch, Router router, Endings endings)
    {
        var (key, problem) = Idempotency.Of(call.Http, null);
        var (said, fault) = CallPurpose.Read(call.Http.Request.Headers);
        if (said?.Complexity is { } told && Reasons.Read(told) is null)
        {
            fault = Problem.Invalid(Headers.Complexity, Reasons.NoComplexity);
        }

        if ((problem ?? fault) is { } wrong)
        {
            await wrong.Send(call.Http);
            return null;
        }

        foreach (var item in batch.Items)
        {
            // An approval is for one spend, and that is the hold of all.
            item.Asking.Said = said! with { Complexity = item.Asking.Said.Complexity ?? said.Complexity, Approval = null };
        }

        try
        {
            (var bound, problem) = await BatchBounds.Of(call, batch, router);
            if (problem is not null)
            {
                await problem.Send(call.Http);
                return null;
            }

            return await Hold(call, batch, [.. Ways(bound)], key, said!, endings);
        }
        catch (Exception e) when (!call.Http.RequestAborted.IsCancellationRequested)
        {
            await Breakdowns.Of(e, call.Edge.Log, key?.Value).Send(call.Http);
            return null;
        }
    }

    private static async Task<BatchHold?> Hold(Call call, Batch batch, ImmutableArray<ImmutableArray<BoundItem>> ways, IdempotencyKey? key, CallPurpose said, Endings endings)
    {
        for (var repeat = 0; repeat < MostRepeats; repeat++)
        {
            var (id, holdKey) = Ids(batch, key, repeat);
            var (outcome, request, items) = await Fit(call, ways, endings, items => new HoldRequest(
                id, Most(items), new Purpose(Operation: said.Operation ?? Batch.Operation, Tags: said.Tags), holdKey, Held.TtlSeconds, Approval: said.Approval, Dearest: items.Max(i => i.Most)));
            if (outcome is { Receipt: not null, Replayed: false })
            {
                return new BatchHold(id, request.Amount, items);
            }

            var isRepeat = outcome.Replayed || outcome.Outcome == Outcome.IdempotencyKeyReused;
            var before = isRepeat ? await call.Budget.GetHold(id) : null;
            if (before is null)
            {
                await BatchRefusals.Send(call, isRepeat ? Outcome.IdempotencyKeyReused : outcome.Outcome, outcome.Refusal, batch, items);
                return null;
            }

            // Given back whole: no call of it was begun, so that nothing is made twice. What it was before is known of the same request alone: another way may come to what is left of the first.
            // A call whose first model costs nothing takes nothing out, and may have led to one that does.
            if (before.Status is HoldStatus.Held or HoldStatus.Settled || !outcome.Replayed || before.Amount != request.Amount || items.Any(i => i.Most == Money.Zero))
            {
                break;
            }
        }

        await new Problem(ProblemKind.CallMadeBefore, "This batch was made under this key before, or is being made. It is not made twice, and its answers are not kept here.").Send(call.Http);
        return null;
    }

    /// <summary>All of it in ever cheaper ways: as it was chosen, then by the cheaper models that economy has.</summary>
    private static IEnumerable<ImmutableArray<BoundItem>> Ways(ImmutableArray<BoundItem> items) =>
        Enumerable.Range(0, items.Max(i => i.Steps) + 1).Select(steps => items.Select(i => i.Down(steps)).ToImmutableArray());

    /// <summary>The first way that fits is held. It is foreseen first: a way that is too dear is nobody's alarm, and trips nothing, while there is another. Of the last it is for the budget to say no.</summary>
    private static async Task<(SpendOutcome Outcome, HoldRequest Request, ImmutableArray<BoundItem> Items)> Fit(
        Call call, ImmutableArray<ImmutableArray<BoundItem>> ways, Endings endings, Func<ImmutableArray<BoundItem>, HoldRequest> ask)
    {
        for (var at = 0; ; at++)
        {
            var request = ask(ways[at]);
            var isLast = at == ways.Length - 1;
            if (!isLast && (await call.Budget.DecideOn(request)).Outcome != Outcome.Accepted)
            {
                continue;
            }

            // Others may have come between.
            var outcome = await Holds.Ask(call.Budget, request, endings);
            if (isLast || outcome.Outcome is not (Outcome.BudgetExceeded or Outcome.InsufficientBalance))
            {
                return (outcome, request, ways[at]);
            }
        }
    }

    private static Money Most(ImmutableArray<BoundItem> items) => new(items.Sum(i => i.Most.Nanos));

    /// <summary>Of a keyed batch the id says everything that it is, as with a call alone.</summary>
    private static (HoldId Id, IdempotencyKey Key) Ids(Batch batch, IdempotencyKey? key, int repeat)
    {
        if (key is not { } given)
        {
            var fresh = EdgeIds.CallHold();
            return (fresh, new IdempotencyKey(fresh.Value));
        }

        var name = Encoding.ASCII.GetBytes(given.Value);
        var id = EdgeIds.CallHold(SHA256.HashData([.. name, .. Encoding.ASCII.GetBytes($" {repeat} {Batch.Operation} "), .. batch.Digest]));
        return (id, repeat == 0 ? given : new IdempotencyKey($"batch-{repeat}-{Convert.ToHexStringLower(SHA256.HashData(name))}"));
    }
}
