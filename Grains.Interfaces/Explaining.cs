using System.Globalization;

namespace Budgets;

/// <summary>What a refused caller can do about it.</summary>
[Flags]
public enum WaysOn
{
    None = 0,

    /// <summary>Ask for what is left (<see cref="LimitStanding.Remaining"/>) or less.</summary>
    AskForLess = 1,

    /// <summary>Commit or release holds that are no longer needed: what they set aside comes back.</summary>
    EndHolds = 2,

    /// <summary>Raise the limit that the agent set for itself.</summary>
    RaiseOwnLimit = 4,

    /// <summary>Ask whoever set the limit from above to raise it.</summary>
    HaveTheLimitRaised = 8,

    /// <summary>Ask the operator to unfreeze the agent.</summary>
    HaveItUnfrozen = 16,

    /// <summary>Wait until <see cref="Refusal.RetryAt"/> and ask again.</summary>
    Wait = 32,

    /// <summary>Have credits added to the wallet.</summary>
    AddCredits = 64,
}

/// <summary>A refusal in words, the same whichever way the request came.</summary>
public static class Explaining
{
    /// <summary>A sentence that a person understands.</summary>
    /// <param name="isFromAbove">An ancestor refused: why it is frozen is not for its descendants to know.</param>
    /// <exception cref="ArgumentOutOfRangeException">Accepted is no refusal.</exception>
    public static string Sentence(Outcome outcome, Refusal? refusal, bool isFromAbove = false) => (outcome, refusal?.Standing) switch
    {
        (Outcome.BudgetExceeded, { Type: LimitType.PerCall } s) => $"${refusal!.Requested} is above the limit of ${s.Limit} for one call.",
        (Outcome.BudgetExceeded, { } s) =>
            $"${refusal!.Requested} does not fit the {Word(s.Type)} limit of ${s.Limit}: ${s.Spent} is spent and ${s.Held} is held, so ${s.Remaining} is left{Until(s)}.",
        (Outcome.InsufficientBalance, { } s) =>
            $"${refusal!.Requested} is more than the balance leaves: of ${s.Limit - s.Spent}, ${s.Held} is held, so ${s.Remaining} is available{Recharging(refusal)}.",
        (Outcome.InsufficientBalance, null) => "The balance does not suffice.",
        (Outcome.NoWallet, _) => "Only an agent without a parent has a wallet; its descendants spend out of that one.",
        (Outcome.RateExceeded, { } s) =>
            $"${refusal!.Requested} on top of ${s.Spent} spent and ${s.Held} held is more than the ${s.Limit} allowed within a minute; the agent is frozen{Until(refusal)}.",
        (Outcome.Frozen, _) when isFromAbove => $"The agent is frozen{Until(refusal)}.",
        (Outcome.Frozen, _) => $"The agent is frozen{Until(refusal)}: {refusal?.FrozenReason ?? "no reason was given"}",
        (Outcome.IdempotencyKeyReused, _) => "This idempotency key was accepted before with another request; use a new key for a new request.",
        (Outcome.OutOfRange, _) when refusal?.Fault is { } fault => $"{fault.Field} {fault.Message}.",
        (Outcome.OutOfRange, _) => "A number in the request is outside its range.",
        (Outcome.AgentUnknown, _) => "There is no such agent.",
        (Outcome.AgentClosed, _) => "The agent is closed; what it still holds may be committed or released, nothing new is admitted.",
        (Outcome.HoldUnknown, _) => "This agent has no such reservation.",
        (Outcome.HoldSettled, _) => "The reservation was committed before, with another request.",
        (Outcome.HoldReleased, _) => "The reservation was released before. If money was spent all the same, record it as a charge with mode \"record\".",
        (Outcome.HoldExpired, _) => "The reservation ended by itself at its expiry. Money spent on it may still be committed.",
        (Outcome.PriceUnknown, _) => $"{refusal?.Fault?.Field ?? "usage"} {refusal?.Fault?.Message ?? "has no price"}. "
            + "Send the amount, have the operator set a price for the model, or let the budget name a rate for unknown prices (on_unknown_price).",
        (Outcome.AmountTooLarge, _) => $"The books of one budget hold at most ${Money.MaxBooked}.",
        (Outcome.TooManyHolds, _) => "The agent has as many open reservations as it may have; commit or release some, or wait for them to expire.",
        (Outcome.ApprovalRequired, _) when refusal?.Approval is { } need => $"${refusal.Requested} for {need.Operation} is above the approval threshold of ${need.Most}: somebody has to say yes first.",
        (Outcome.ApprovalRequired, _) => "Somebody has to say yes first.",
        (Outcome.ApprovalUnknown, _) => "This agent has no such approval.",
        (Outcome.ApprovalPending, _) => "Nobody has decided about this approval yet.",
        (Outcome.ApprovalDenied, _) => "This approval was denied.",
        (Outcome.ApprovalExpired, _) => "This approval has expired.",
        (Outcome.ApprovalCancelled, _) => "This approval was taken back.",
        (Outcome.ApprovalUsed, _) => "This approval was used before; it is for one spend.",
        (Outcome.ApprovalMismatch, _) => $"This approval is for {refusal?.Approval?.Operation ?? "something else"}, and for nothing else.",
        (Outcome.ApprovalTooSmall, _) => $"This approval is for ${refusal?.Approval?.Most} at most, and ${refusal?.Requested} was asked for.",
        (Outcome.BudgetExceeded, null) => "The budget is exceeded.",
        (Outcome.RateExceeded, null) => "Spending is too fast.",
        _ => throw new ArgumentOutOfRangeException(nameof(outcome), outcome, "Not a refusal."),
    };

    /// <summary>None for a refusal that is not about limits or a freeze: its sentence says what there is to do.</summary>
    public static WaysOn Ways(Outcome outcome, Refusal? refusal)
    {
        if (refusal is null || outcome is not (Outcome.BudgetExceeded or Outcome.InsufficientBalance or Outcome.Frozen or Outcome.RateExceeded))
        {
            return WaysOn.None;
        }

        var wait = refusal.RetryAt is null ? WaysOn.None : WaysOn.Wait;
        return outcome is Outcome.BudgetExceeded or Outcome.InsufficientBalance && refusal.Standing is { } s
            ? wait
                | (s.Remaining > Money.Zero ? WaysOn.AskForLess : WaysOn.None)
                | (s.Held > Money.Zero ? WaysOn.EndHolds : WaysOn.None)
                | (outcome == Outcome.InsufficientBalance ? WaysOn.AddCredits : s.SetBy == Layer.Own ? WaysOn.RaiseOwnLimit : WaysOn.HaveTheLimitRaised)
            : wait | WaysOn.HaveItUnfrozen;
    }

    /// <summary>"25 minutes", "3.2 hours", "4.5 days".</summary>
    public static string Lasting(decimal hours) => hours switch
    {
        <= 0 => "0 minutes",
        < 1 => Count(Math.Max(1, Math.Floor(hours * 60)), "minute"),
        < ToldInDays => Count(Math.Round(hours, 1), "hour"),
        <= MostDays * 24 => Count(Math.Round(hours / 24, 1), "day"),
        _ => string.Create(CultureInfo.InvariantCulture, $"more than {MostDays} days"),
    };

    /// <summary>To the second, in UTC.</summary>
    public static string At(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    private const decimal ToldInDays = 48;
    private const decimal MostDays = 365;

    private static string Count(decimal count, string unit) => $"{count.ToString("0.#", CultureInfo.InvariantCulture)} {unit}{(count == 1 ? "" : "s")}";

    private static string Word(LimitType type) => type switch
    {
        LimitType.Daily => "daily",
        LimitType.Weekly => "weekly",
        LimitType.Monthly => "monthly",
        LimitType.Total => "total",
        LimitType.PerMinute => "per-minute",
        _ => "per-call",
    };

    private static string Recharging(Refusal refusal) => refusal.RetryAt is null ? "" : "; a recharge is under way";

    private static string Until(LimitStanding standing) => standing.Window.Until is { } until ? $" until {At(until)}" : "";

    private static string Until(Refusal? refusal) => refusal?.RetryAt is { } until ? $" until {At(until)}" : " until someone unfreezes it";
}
