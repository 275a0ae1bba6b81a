using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using Budgets.ApiHost.Http;

namespace Budgets.ApiHost.Gateway;

/// <summary>"A call is made when the most that it can cost fits, and is made shorter when nobody said how long it must be."</summary>
internal static class Holds
{
    /// <summary>One key can be tried so often after calls that came to nothing.</summary>
    private const int MostRepeats = 8;

    public static async Task<Holding> Hold(Call call, Asking asking, Endings endings)
    {
        var (key, problem) = Idempotency.Of(call.Http, null);
        if (problem is not null)
        {
            return new(problem, call);
        }

        try
        {
            return await Hold(call, asking, key, endings);
        }
        catch (Exception e) when (!call.Http.RequestAborted.IsCancellationRequested)
        {
            return new(Breakdowns.Of(e, call.Edge.Log, key?.Value), call);
        }
    }

    private static async Task<Holding> Hold(Call call, Asking asking, IdempotencyKey? key, Endings endings)
    {
        for (var repeat = 0; repeat < MostRepeats; repeat++)
        {
            var (id, holdKey) = Ids(asking, key, repeat, asking.Attempt);
            var (held, refused, affordable, problem) = await Fit(call, asking, id, holdKey, endings);
            if (held is not null)
            {
                return new(held);
            }

            if (refused is null)
            {
                return new(problem!, call);
            }

            // Accepted before: by this very call, or by another under the same key.
            var isRepeat = refused.Replayed || refused.Outcome == Outcome.IdempotencyKeyReused;
            var before = isRepeat ? await call.Budget.GetHold(id) : null;
            if (!isRepeat || before is null)
            {
                var outcome = isRepeat ? Outcome.IdempotencyKeyReused : refused.Outcome;
                return new(null, () => asking.Route.Dialect.Refuse(call.Http, call.Agent, outcome, refused.Refusal, affordable, call.Edge), outcome is Outcome.BudgetExceeded or Outcome.InsufficientBalance);
            }

            if (before.Status is HoldStatus.Held or HoldStatus.Settled || await WentOn(call, asking, key, repeat))
            {
                break;
            }
        }

        return new(new Problem(ProblemKind.CallMadeBefore, "This call was made under this key before, or is being made. It is not made twice, and its answer is not kept here."), call);
    }

    /// <summary>One model had no answer, and another may have had: then the call was made.</summary>
    private static async Task<bool> WentOn(Call call, Asking asking, IdempotencyKey? key, int repeat)
    {
        for (var attempt = asking.Attempt + 1; attempt < Choices.Most; attempt++)
        {
            if (await call.Budget.GetHold(Ids(asking, key, repeat, attempt).Id) is { Status: HoldStatus.Held or HoldStatus.Settled })
            {
                return true;
            }
        }

        return false;
    }

    /// <returns>A hold; or an outcome that is none; or a problem.</returns>
    private static async Task<(Held? Held, SpendOutcome? Refused, ImmutableArray<Affordable> Affordable, Problem? Problem)> Fit(
        Call call, Asking asking, HoldId id, IdempotencyKey key, Endings endings)
    {
        var now = call.Edge.Now;
        var hold = new HoldRequest(id, Money.Zero, asking.Purpose, key, Held.TtlSeconds, new PriceTag(), asking.Said.Approval, IsBound: true, BooksItself: true);
        var mayShorten = asking.OutputTokens is null && !asking.Route.OutputMembers.IsEmpty;
        var (budget, request) = (call.Budget, new CallRequest(hold, asking.Outline(now, now.AddSeconds(Held.TtlSeconds)), mayShorten));
        var (outcome, bound, outputTokens, affordable) = await Ask(budget, id, () => budget.HoldCall(request), endings);
        return outcome switch
        {
            null => (null, null, default, Unbounded(asking, bound)),
            { Receipt: { } receipt, Replayed: false } => (new Held(budget, id, Money.Max(receipt.Amount, bound.Quote?.Amount ?? Money.Zero), bound, outputTokens, receipt), null, default, null),
            _ => (null, outcome, affordable, null),
        };
    }

    private static Problem Unbounded(Asking asking, CallBound bound) => bound.Usage is null
        ? new(ProblemKind.UnpricedFeature, $"The request refers to what is not in it, and how much '{asking.Model}' can take in is not known, so that nothing bounds its cost.", [new Fault("model", "has no known context window")])
        : new(ProblemKind.UnpricedFeature, $"How much '{asking.Model}' can make of one request is not known, so that nothing bounds its cost.", [new Fault("model", "has no known longest output")]);

    /// <summary>Whatever happens, nothing stays held of which nobody knows.</summary>
    public static Task<SpendOutcome> Ask(IBudgetGrain budget, HoldRequest request, Endings endings) => Ask(budget, request.Id, () => budget.Hold(request), endings);

    /// <inheritdoc cref="Ask(IBudgetGrain, HoldRequest, Endings)"/>
    public static async Task<T> Ask<T>(IBudgetGrain budget, HoldId id, Func<ValueTask<T>> ask, Endings endings)
    {
        try
        {
            return await ask();
        }
        catch (Exception e) when (e is not (StoreUnavailableException or OverloadedException))
        {
            // It may be held by now, and nobody would end it before it expires.
            _ = endings.Abandon(budget, id, e);
            throw;
        }
    }

    /// <summary>Of a keyed call the id says everything that it is, so that the same is known from another under the same key.</summary>
    private static (HoldId Id, IdempotencyKey Key) Ids(Asking asking, IdempotencyKey? key, int repeat, int attempt)
    {
        if (key is not { } given)
        {
            var fresh = EdgeIds.CallHold();
            return (fresh, new IdempotencyKey(fresh.Value));
        }

        using var all = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var which = attempt == 0 ? $"{repeat}" : $"{repeat}-{attempt}";
        all.AppendData(Encoding.ASCII.GetBytes($"{given.Value} {which} {asking.Route.Path} "));
        all.AppendData(asking.Text.Bytes);
        var again = (repeat, attempt) == (0, 0) ? given : new IdempotencyKey($"call-{which}-{Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(given.Value)))}");
        return (EdgeIds.CallHold(all.GetHashAndReset()), again);
    }
}
