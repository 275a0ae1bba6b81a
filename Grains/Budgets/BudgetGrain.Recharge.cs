using Budgets.Ledger;

namespace Budgets.Budgets;

// What a budget has to do with the money that comes into it.
internal sealed partial class BudgetGrain
{
    private Orders? _orders;

    private Orders Orders => _orders ??= new Orders(_teller, () => Now, to => GrainFactory.GetGrain<IRechargeGrain>(to.Value), _log);

    public async ValueTask<SpendOutcome> Credit(CreditRequest request)
    {
        var recalled = await _teller.Recall(request.Key);
        return await _teller.Transact(Crediting.Credit(State, request, Now, recalled));
    }

    public async Task<RechargeOutcome> SetRecharge(RechargeRequest request) => await Recharged(await _teller.Govern(Now, s => RechargeSetting.Set(s, request)));

    public async Task<RechargeOutcome> ResumeRecharge(ResumeRequest request) => await Recharged(await _teller.Govern(Now, s => Recharging.Resume(s, request)));

    public async Task EndRecharge(PaymentReport report)
    {
        _teller.Ready();
        var isKnown = State.Agent.NumberOf(report.Recharge) is { } number && State.Recharges?.Find(number) is not null;
        var before = isKnown ? null : (await _teller.Reader.Find(Digest.Of(report.Recharge)))?.Event as RechargeEnded;
        _teller.Ready();
        _teller.Record(Recharging.End(State, report, Now, before));
        await _teller.Durable();
    }

    public ValueTask<RechargeView?> GetRecharge() => Foretold(s => s.RechargeView());

    public ValueTask<ForecastView?> GetForecast() => Foretold(s => s.Forecast());

    /// <summary>A forecast walks the hours of three months: beside this thread, for spending goes on meanwhile.</summary>
    private async ValueTask<T?> Foretold<T>(Func<BudgetState, T> view)
        where T : class
    {
        var (state, _) = await Standing();
        return state.Exists ? await Task.Run(() => view(state)) : null;
    }

    private async Task<RechargeOutcome> Recharged(ConfigureOutcome outcome) => new(outcome.Result, await GetRecharge(), outcome.Field, outcome.Detail);

    /// <summary>Something waits for others to take it.</summary>
    private void Told()
    {
        _ = _outbox.Empty();
        _ = Orders.HandOver();
    }
}
