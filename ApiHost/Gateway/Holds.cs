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

    /// <returns>Null: it does not fit, or something else is in the way, and the caller was told.</returns>
    public static async Task<Held?> Hold(Call call, Asking asking, Endings endings)
    {
        var (key, problem) = Idempotency.Of(call.Http, null);
        if (problem is not null)
        {
            await problem.Send(call.Http);
            return null;
        }

        try
        {
            return await Hold(call, asking, key, endings);
        }
        catch (Exception e) when (!call.Http.RequestAborted.IsCancellationRequested)
        {
            await Breakdowns.Of(e, call.Edge.Log, key?.Value).Send(call.Http);
            return null;
        }
    }

    private static async Task<Held?> Hold(Call call, Asking asking, IdempotencyKey? key, Endings endings)
    {
        for (var repeat = 0; repeat < MostRepeats; repeat++)
        {
            var (id, holdKey) = Ids(asking, key, repeat);
            var (held, refused, affordable) = await Fit(call, asking, id, holdKey, endings);
            if (held is not null)
            {
                return held;
            }

            if (refused is null)
            {
                return null;
            }

            // Accepted before: by this very call, or by another under the same key.
            var isRepeat = refused.Replayed || refused.Outcome == Outcome.IdempotencyKeyReused;
            var before = isRepeat ? await call.Budget.GetHold(id) : null;
            if (!isRepeat || before is null)
            {
                await asking.Route.Dialect.Refuse(
                    call.Http, call.Agent, isRepeat ? Outcome.IdempotencyKeyReused : refused.Outcome, refused.Refusal, affordable, call.Edge);
                return null;
            }

            if (before.Status is HoldStatus.Held or HoldStatus.Settled)
            {
                break;
            }
        }

        await new Problem(ProblemKind.CallMadeBefore, "This call was made under this key before, or is being made. It is not made twice, and its answer is not kept here.").Send(call.Http);
        return null;
    }

    /// <returns>A hold; or an outcome that is none; or neither, if the caller was told something else.</returns>
    private static async Task<(Held? Held, SpendOutcome? Refused, ImmutableArray<Affordable> Affordable)> Fit(
        Call call, Asking asking, HoldId id, IdempotencyKey key, Endings endings)
    {
        var (said, problem) = CallPurpose.Read(call.Http.Request.Headers);
        if (said is null)
        {
            await problem!.Send(call.Http);
            return default;
        }

        var now = call.Edge.Now;
        var outline = asking.Outline(now, now.AddSeconds(Held.TtlSeconds));
        var mayShorten = asking.OutputTokens is null && !asking.Route.OutputMembers.IsEmpty;
        for (var fitting = 0; ; fitting++)
        {
            var bound = await call.Edge.Quotes.Bound(outline);
            if (bound.Usage is null)
            {
                await new Problem(
                    ProblemKind.UnpricedFeature, $"The request refers to what is not in it, and how much '{asking.Model}' can take in is not known, so that nothing bounds its cost.", [new Fault("model", "has no known context window")])
                    .Send(call.Http);
                return default;
            }

            if (!bound.IsOutputKnown && asking.Route.OutputMembers.IsEmpty)
            {
                await new Problem(
                    ProblemKind.UnpricedFeature, $"How much '{asking.Model}' can make of one request is not known, so that nothing bounds its cost.", [new Fault("model", "has no known longest output")])
                    .Send(call.Http);
                return default;
            }

            var purpose = new Purpose(asking.PricedAs, said.Operation ?? asking.Route.Operation, said.Tags, bound.Usage);
            var outcome = await Ask(call.Budget, new HoldRequest(id, Money.Zero, purpose, key, Held.TtlSeconds, new PriceTag(), said.Approval, BooksItself: true), endings);
            if (outcome is { Receipt: { } receipt, Replayed: false })
            {
                var told = mayShorten && (fitting > 0 || !bound.IsOutputKnown) ? bound.OutputTokens : null;
                return (new Held(call.Budget, id, receipt.Amount, bound, told, receipt), null, default);
            }

            if (outcome.Refusal is not { } refusal || outcome.Outcome is not (Outcome.BudgetExceeded or Outcome.InsufficientBalance) || (refusal.Headroom ?? refusal.Standing?.Remaining) is not { } headroom)
            {
                return (null, outcome, default);
            }

            var affordable = await call.Edge.Quotes.Afford(new QuoteRequest(asking.PricedAs, bound.Usage, 1, now, now), headroom);
            var fits = affordable is [{ MaxOutputTokens: { } most }, ..] ? most / asking.Choices : 0;
            if (!mayShorten || fitting == MostFittings || fits < FewestTokens || fits >= bound.OutputTokens)
            {
                return (null, outcome, affordable);
            }

            outline = outline with { OutputTokens = fits };
        }
    }

    private static async Task<SpendOutcome> Ask(IBudgetGrain budget, HoldRequest request, Endings endings)
    {
        try
        {
            return await budget.Hold(request);
        }
        catch (Exception e) when (e is not (StoreUnavailableException or OverloadedException))
        {
            // It may be held by now, and nobody would end it before it expires.
            endings.Abandon(budget, request.Id);
            throw;
        }
    }

    /// <summary>Of a keyed call the id says everything that it is, so that the same is known from another under the same key.</summary>
    private static (HoldId Id, IdempotencyKey Key) Ids(Asking asking, IdempotencyKey? key, int repeat)
    {
        if (key is not { } given)
        {
            var fresh = EdgeIds.CallHold();
            return (fresh, new IdempotencyKey(fresh.Value));
        }

        using var all = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        all.AppendData(Encoding.ASCII.GetBytes($"{given.Value} {repeat} {asking.Route.Path} "));
        all.AppendData(asking.Text.Bytes);
        var again = repeat == 0 ? given : new IdempotencyKey($"call-{repeat}-{Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(given.Value)))}");
        return (EdgeIds.CallHold(all.GetHashAndReset()), again);
    }
}
