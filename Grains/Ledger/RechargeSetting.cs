using System.Collections.Immutable;

namespace Budgets.Ledger;

/// <summary>"Whose card it is, is the operator's to say; what the operator has set, others can only lower."</summary>
public static class RechargeSetting
{
    /// <summary>A change binds the next recharge; one that is under way goes on as it was ordered. A pause stays.</summary>
    public static (ConfigureOutcome Outcome, ImmutableArray<BudgetEvent> Happened) Set(BudgetState s, RechargeRequest request)
    {
        if (Governing.Refused(s) is { } no)
        {
            return No(no);
        }

        if (s.Terms.Parent is not null)
        {
            return No(ConfigureResult.NoWallet);
        }

        var old = s.Recharges?.Settings;
        if (old is null && request.Amount is null)
        {
            return request.Enabled ? No(ConfigureResult.Incomplete, "recharge_amount", "is required") : (new ConfigureOutcome(ConfigureResult.Done, null), []);
        }

        var settings = Changed(old ?? new RechargeSettings(request.Enabled, RechargeMode.Threshold, request.Amount!.Value), request);
        if (settings is { Mode: RechargeMode.Threshold, TriggerThreshold: null })
        {
            return No(ConfigureResult.Incomplete, "trigger_threshold", "is required in threshold mode");
        }

        var isOperator = request.By == Actors.Operator;
        if (!isOperator && settings.PaymentMethod != old?.PaymentMethod)
        {
            return No(ConfigureResult.WouldWiden, "payment_method", "Only the operator can say whose payment method it is.");
        }

        if (!isOperator && s.Recharges?.Ceiling is { } ceiling && Above(settings, ceiling) is { } field)
        {
            return No(ConfigureResult.AboveCeiling, field, "The operator has set less; it can only be lowered.");
        }

        return settings == old && (!isOperator || settings == s.Recharges!.Ceiling)
            ? (new ConfigureOutcome(ConfigureResult.Done, null), [])
            : (new ConfigureOutcome(ConfigureResult.Done, null), [new RechargeConfigured(s.Now, request.By, settings, isOperator ? settings : s.Recharges?.Ceiling)]);
    }

    private static RechargeSettings Changed(RechargeSettings s, RechargeRequest request) => s with
    {
        Enabled = request.Enabled,
        Mode = request.Mode ?? s.Mode,
        Amount = request.Amount ?? s.Amount,
        TriggerThreshold = request.TriggerThreshold.Or(s.TriggerThreshold),
        MaxAmount = request.MaxAmount.Or(s.MaxAmount),
        MaxPerMonth = request.MaxPerMonth ?? s.MaxPerMonth,
        CooldownSeconds = request.CooldownSeconds ?? s.CooldownSeconds,
        PredictHoursAhead = request.PredictHoursAhead ?? s.PredictHoursAhead,
        PaymentMethod = request.PaymentMethod.Or(s.PaymentMethod),
    };

    private static string? Above(RechargeSettings settings, RechargeSettings ceiling) =>
        settings.Enabled && !ceiling.Enabled ? "enabled"
        : settings.Most > ceiling.Most ? settings.Amount > ceiling.Most ? "recharge_amount" : "max_recharge_amount"
        : settings.MaxPerMonth > ceiling.MaxPerMonth ? "max_recharges_per_month"
        : settings.CooldownSeconds < ceiling.CooldownSeconds ? "cooldown_seconds"
        : null;

    private static (ConfigureOutcome Outcome, ImmutableArray<BudgetEvent> Happened) No(ConfigureResult result, string? field = null, string? detail = null) =>
        (new ConfigureOutcome(result, null, field, detail), []);
}
