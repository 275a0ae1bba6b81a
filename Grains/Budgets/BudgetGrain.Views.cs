using System.Collections.Immutable;
using Budgets.Ledger;

namespace Budgets.Budgets;

// What can be read of a budget.
internal sealed partial class BudgetGrain
{
    private Advisory? _advisory;
    private Rehearsals? _rehearsals;

    public async ValueTask<Foresight> Decide(Money amount)
    {
        _teller.Ready();
        var foresight = await _family.Foresee(amount, () => Holding.Foresee(State, amount, Now));
        await _teller.Durable();
        return foresight;
    }

    public ValueTask<Foresight> Glance()
    {
        _teller.Ready();
        return _family.Foresee(Money.Zero, () => Holding.Foresee(State, Money.Zero, Now));
    }

    public async ValueTask<Foresight> DecideOn(HoldRequest request)
    {
        var quote = await _prices.Quote(request, Now);
        var recalled = new Recalled(Approval: await EndOf(request.Approval));
        var rated = request.Rated(State, quote);
        var foresight = await _family.Foresee(rated.Amount, () => Holding.Foresee(State, rated, Now, recalled));
        await _teller.Durable();
        return foresight with { Amount = rated.Amount, PriceVersion = rated.Price?.Version };
    }

    public async ValueTask<BudgetView?> GetBudget()
    {
        var (state, _) = await Standing();
        return state.Exists ? state.View() : null;
    }

    public async ValueTask<HoldView?> GetHold(HoldId id)
    {
        _teller.Ready();
        var known = State.Holds.GetValueOrDefault(id)?.ViewAt(Now);
        await _teller.Durable();
        if (known is null && await _teller.Reader.Find(Digest.Of(id)) is { } end)
        {
            known = Viewing.HoldAfter(end.Event);
        }

        if (known is null)
        {
            await _teller.Newest();
        }

        return known;
    }

    public async ValueTask<UsageView?> GetUsage(UsagePeriod period)
    {
        var (state, elapsed) = await Standing();
        return state.Exists ? await _teller.Reader.Usage(state, elapsed, period) : null;
    }

    public async ValueTask<AnalyticsView?> GetAnalytics(AnalyticsQuery query)
    {
        var (state, elapsed) = await Standing();
        return state.Exists ? await _teller.Reader.Analytics(state, elapsed, query) : null;
    }

    public async ValueTask<LedgerHead?> GetHead()
    {
        _teller.Ready();
        var head = State.Exists ? new LedgerHead(State.Seq, State.Balances(), State.Holds.Count, State.WalletView()?.Balance) : null;
        await _teller.Durable();
        return head;
    }

    public async ValueTask<OptimizationView?> GetOptimization()
    {
        var (state, elapsed) = await Standing();
        return state.Exists ? await (_advisory ??= new Advisory(_teller, GrainFactory)).Of(state, elapsed) : null;
    }

    public async ValueTask<PreviewOutcome> Preview(ConfigureRequest proposal)
    {
        _teller.Ready();
        var state = State.At(Now).State;
        var newest = State.Seq;
        await _teller.Durable();
        return await (_rehearsals ??= new Rehearsals(_teller.Reader)).Of(state, proposal, newest);
    }

    public async ValueTask<LedgerPage?> GetLedger(LedgerQuery query)
    {
        _teller.Ready();
        var newest = State.Seq;
        await _teller.Durable();
        return newest > 0 ? await _teller.Reader.Page(query, newest) : null;
    }

    /// <summary>The budget as it is now, once all that it stands on is durable.</summary>
    private async ValueTask<(BudgetState State, ImmutableArray<BudgetEvent> Elapsed)> Standing()
    {
        _teller.Ready();
        var standing = State.At(Now);
        await _teller.Durable();
        return standing;
    }
}
