namespace Budgets;

// The money that comes into a budget.
public partial interface IBudgetGrain
{
    /// <summary>Money comes into the wallet, or is taken out of it again.</summary>
    [Alias("Credit"), AnyGateway]
    ValueTask<SpendOutcome> Credit(CreditRequest request);

    [Alias("SetRecharge"), AnyGateway]
    Task<RechargeOutcome> SetRecharge(RechargeRequest request);

    /// <summary>Ends a pause; where there is none, only what is granted on top counts.</summary>
    [Alias("ResumeRecharge"), AnyGateway]
    Task<RechargeOutcome> ResumeRecharge(ResumeRequest request);

    /// <summary>What has become of a recharge: a success is credited, once, however often and in whatever order it is told.</summary>
    /// <exception cref="ArgumentException">This budget never ordered that.</exception>
    [Alias("EndRecharge"), AnyGateway]
    Task EndRecharge(PaymentReport report);

    /// <summary>Null: no such agent.</summary>
    [Alias("GetRecharge"), AnyGateway]
    ValueTask<RechargeView?> GetRecharge();

    /// <summary>Null: no such agent.</summary>
    [Alias("GetForecast"), AnyGateway]
    ValueTask<ForecastView?> GetForecast();
}
