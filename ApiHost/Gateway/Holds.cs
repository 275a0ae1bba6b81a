using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using Budgets.ApiHost.Http;

namespace Budgets.ApiHost.Gateway;

/// <summary>"A call is made when the most that it can cost fits, and is made shorter when nobody said how long it must be."</summary>
internal static class Holds
{
    /// <summary>An output that is cut shorter than this is no answer.</summary>
    private const long FewestTokens = 16;

    /// <summary>Between asking what fits and holding it others may take it.</summary>
    private const int MostFittings = 3;

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
        var outline = asking.Outline(now, now.AddSeconds(Held.TtlSeconds));
        var mayShorten = asking.OutputTokens is null && !asking.Route.OutputMembers.IsEmpty;
        for (var fitting = 0; ; fitting++)
        {
            var bound = await call.Edge.Quotes.Bound(outline);
            if (bound.Usage is null)
            {
                return (null, null, default, new Problem(
                    ProblemKind.UnpricedFeature, $"The request refers to what is not in it, and how much '{asking.Model}' can take in is not known, so that nothing bounds its cost.", [new Fault("model", "has no known context window")]));
            }

            if (!bound.IsOutputKnown && asking.Route.OutputMembers.IsEmpty)
            {
                return (null, null, default, new Problem(
                    ProblemKind.UnpricedFeature, $"How much '{asking.Model}' can make of one request is not known, so that nothing bounds its cost.", [new Fault("model", "has no known longest output")]));
            }

            var purpose = asking.Purpose with { Usage = bound.Usage };
            var outcome = await Ask(call.Budget, new HoldRequest(id, Money.Zero, purpose, key, Held.TtlSeconds, new PriceTag(), asking.Said.Approval, IsBound: true, Quoted: bound.Quote, BooksItself: true), endings);
            if (outcome is { Receipt: { } receipt, Replayed: false })
            {
                var told = mayShorten && (fitting > 0 || !bound.IsOutputKnown) ? bound.OutputTokens : null;
                return (new Held(call.Budget, id, Money.Max(receipt.Amount, bound.Quote?.Amount ?? Money.Zero), bound, told, receipt), null, default, null);
            }

            if (outcome.Refusal is not { } refusal || outcome.Outcome is not (Outcome.BudgetExceeded or Outcome.InsufficientBalance) || (refusal.Headroom ?? refusal.Standing?.Remaining) is not { } headroom)
            {
                return (null, outcome, default, null);
            }

            var affordable = await call.Edge.Quotes.Afford(new QuoteRequest(asking.PricedAs, bound.Usage, 1, now, now), headroom);
            var fits = affordable is [{ MaxOutputTokens: { } most }, ..] ? most / asking.Choices : 0;
            if (!mayShorten || fitting == MostFittings || fits < FewestTokens || fits >= bound.OutputTokens)
            {
                return (null, outcome, affordable, null);
            }

            outline = outline with { OutputTokens = fits };
        }
    }

    /// <summary>Whatever happens, nothing stays held of which nobody knows.</summary>
    public static async Task<SpendOutcome> Ask(IBudgetGrain budget, HoldRequest request, Endings endings)
    {
        try
        {
            return await budget.Hold(request);
        }
        catch (Exception e) when (e is not (StoreUnavailableException or OverloadedException))
        {
            // It may be held by now, and nobody would end it before it expires.
            _ = endings.Abandon(budget, request.Id, e);
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
