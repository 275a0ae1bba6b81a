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
    public static async Task<BatchHold?> Hold(Call call, Batch batch, Providers providers, Endings endings)
    {
        var (key, problem) = Idempotency.Of(call.Http, null);
        var (said, fault) = CallPurpose.Read(call.Http.Request.Headers);
        if (problem is not null || said is null)
        {
            await (problem ?? fault!).Send(call.Http);
            return null;
        }

        foreach (var item in batch.Items)
        {
            item.Asking.Said = said;
        }

        try
        {
            var (bound, wrong) = await Bound(call, batch, providers);
            if (wrong is not null)
            {
                await wrong.Send(call.Http);
                return null;
            }

            return await Hold(call, batch, bound, key, said, endings);
        }
        catch (Exception e) when (!call.Http.RequestAborted.IsCancellationRequested)
        {
            await Breakdowns.Of(e, call.Edge.Log, key?.Value).Send(call.Http);
            return null;
        }
    }

    private static async Task<BatchHold?> Hold(Call call, Batch batch, ImmutableArray<BoundItem> items, IdempotencyKey? key, CallPurpose said, Endings endings)
    {
        var all = new Money(items.Sum(i => i.Most.Nanos));
        for (var repeat = 0; repeat < MostRepeats; repeat++)
        {
            var (id, holdKey) = Ids(batch, key, repeat);
            var request = new HoldRequest(
                id, all, new Purpose(Operation: said.Operation ?? Batch.Operation, Tags: said.Tags), holdKey, Held.TtlSeconds, Approval: said.Approval, Dearest: items.Max(i => i.Most));
            var outcome = await Holds.Ask(call.Budget, request, endings);
            if (outcome is { Receipt: not null, Replayed: false })
            {
                return new BatchHold(id, all, items);
            }

            var isRepeat = outcome.Replayed || outcome.Outcome == Outcome.IdempotencyKeyReused;
            var before = isRepeat ? await call.Budget.GetHold(id) : null;
            if (before is null)
            {
                await BatchRefusals.Send(call, isRepeat ? Outcome.IdempotencyKeyReused : outcome.Outcome, outcome.Refusal, batch, items);
                return null;
            }

            // Given back whole: no call of it was begun, so that nothing is made twice.
            if (before.Status is HoldStatus.Held or HoldStatus.Settled || before.Amount != all)
            {
                break;
            }
        }

        await new Problem(ProblemKind.CallMadeBefore, "This batch was made under this key before, or is being made. It is not made twice, and its answers are not kept here.").Send(call.Http);
        return null;
    }

    /// <summary>Who makes each call, and what it can cost at most.</summary>
    private static async Task<(ImmutableArray<BoundItem> Items, Problem? Problem)> Bound(Call call, Batch batch, Providers providers)
    {
        var makers = new Dictionary<string, string?>(StringComparer.Ordinal);
        var (now, until) = (call.Edge.Now, call.Edge.Now.AddSeconds(Held.TtlSeconds));
        var items = new List<(BatchItem Item, Provider Provider, CallBound Bound)>();
        foreach (var item in batch.Items)
        {
            var asking = item.Asking;
            if (!makers.TryGetValue(asking.PricedAs, out var maker))
            {
                makers[asking.PricedAs] = maker = await call.Edge.Quotes.Maker(asking.PricedAs);
            }

            if (providers.For(asking.Route.Dialect, maker) is not { } provider)
            {
                return (default, Wrong(item, ProblemKind.ModelNotServed, $"No provider for '{asking.Model}' takes calls to {asking.Route.Path} here; the operator sets them: {Providers.Section}.", "is not served here"));
            }

            var bound = await call.Edge.Quotes.Bound(asking.Outline(now, until));
            if (bound.Usage is null || (!bound.IsOutputKnown && asking.Route.OutputMembers.IsEmpty))
            {
                return (default, Wrong(item, ProblemKind.UnpricedFeature, $"How much '{asking.Model}' can take in or make of this request is not known, so that nothing bounds its cost.", "has no known bounds"));
            }

            items.Add((item, provider, bound));
        }

        var quotes = await call.Edge.Quotes.Quote([.. items.Select(i => new QuoteRequest(i.Item.Asking.PricedAs, i.Bound.Usage!, 1, now, until))]);
        var priced = ImmutableArray.CreateBuilder<BoundItem>(items.Count);
        for (var i = 0; i < items.Count; i++)
        {
            var (item, provider, bound) = items[i];
            var most = quotes[i].Version is not null ? quotes[i].Amount : await Unpriced(call, item, bound);
            if (most is null)
            {
                return (default, Wrong(item, ProblemKind.UnknownModelPrice, $"The price of '{item.Asking.PricedAs}' is not known. Prices are set with PUT /v1/models/{{model_id}}.", "has no known price"));
            }

            priced.Add(new BoundItem(item, provider, bound, most.Value, bound.IsOutputKnown || item.Asking.OutputTokens is not null ? null : bound.OutputTokens));
        }

        return (priced.MoveToImmutable(), null);
    }

    /// <summary>What has no price costs what its budget is ready to pay for the unknown; null: nothing.</summary>
    private static async Task<Money?> Unpriced(Call call, BatchItem item, CallBound bound)
    {
        var id = EdgeIds.CallHold();
        var purpose = item.Asking.Purpose with { Usage = bound.Usage };
        var foresight = await call.Budget.DecideOn(new HoldRequest(id, Money.Zero, purpose, new IdempotencyKey(id.Value), Held.TtlSeconds, new PriceTag()));
        return foresight.PriceVersion is null ? null : foresight.Amount;
    }

    private static Problem Wrong(BatchItem item, ProblemKind kind, string detail, string fault) => BatchText.Of(item.First.Index, new Problem(kind, detail, [new Fault("model", fault)]));

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
