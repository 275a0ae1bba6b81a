namespace Budgets.ApiHost.Http;

/// <summary>The one place where an outcome meets a status code.</summary>
internal static class OutcomeTable
{
    /// <exception cref="ArgumentOutOfRangeException">Accepted is no problem; its status is the endpoint's.</exception>
    public static ProblemKind Of(Outcome outcome) => outcome switch
    {
        Outcome.IdempotencyKeyReused => ProblemKind.IdempotencyKeyReused,
        Outcome.OutOfRange => ProblemKind.InvalidRequest,
        Outcome.AgentUnknown => ProblemKind.NotFound,
        Outcome.AgentClosed => ProblemKind.AgentClosed,
        Outcome.NoWallet => ProblemKind.NoWallet,
        Outcome.HoldUnknown => ProblemKind.NotFound,
        Outcome.HoldSettled => ProblemKind.ReservationSettled,
        Outcome.HoldReleased => ProblemKind.ReservationReleased,
        Outcome.HoldExpired => ProblemKind.ReservationExpired,
        Outcome.PriceUnknown => ProblemKind.UnknownModelPrice,
        Outcome.AmountTooLarge => ProblemKind.AmountTooLarge,
        Outcome.TooManyHolds => ProblemKind.TooManyReservations,
        Outcome.ApprovalUnknown => ProblemKind.ApprovalUnknown,
        Outcome.ApprovalPending => ProblemKind.ApprovalPending,
        Outcome.ApprovalDenied => ProblemKind.ApprovalDenied,
        Outcome.ApprovalExpired => ProblemKind.ApprovalExpired,
        Outcome.ApprovalCancelled => ProblemKind.ApprovalCancelled,
        Outcome.ApprovalUsed => ProblemKind.ApprovalUsed,
        Outcome.ApprovalMismatch => ProblemKind.ApprovalMismatch,
        Outcome.ApprovalTooSmall => ProblemKind.ApprovalTooSmall,
        Outcome.ApprovalRequired => ProblemKind.ApprovalRequired,
        Outcome.Frozen => ProblemKind.Frozen,
        Outcome.BudgetExceeded => ProblemKind.BudgetExceeded,
        Outcome.InsufficientBalance => ProblemKind.InsufficientBalance,
        Outcome.RateExceeded => ProblemKind.RateExceeded,
        _ => throw new ArgumentOutOfRangeException(nameof(outcome), outcome, "Not a refusal."),
    };

    /// <exception cref="ArgumentOutOfRangeException">Done and AskedBefore are no problems.</exception>
    public static ProblemKind Of(ApprovalResult result) => result switch
    {
        ApprovalResult.AgentUnknown => ProblemKind.NotFound,
        ApprovalResult.AgentClosed => ProblemKind.AgentClosed,
        ApprovalResult.ApprovalUnknown => ProblemKind.NotFound,
        ApprovalResult.AlreadyDecided => ProblemKind.ApprovalDecided,
        ApprovalResult.MoreThanAsked => ProblemKind.InvalidRequest,
        ApprovalResult.NothingToRaise => ProblemKind.NothingToRaise,
        ApprovalResult.TooManyOpen => ProblemKind.TooManyApprovals,
        ApprovalResult.AskedTooOften => ProblemKind.AskedTooOften,
        _ => throw new ArgumentOutOfRangeException(nameof(result), result, "Not a refusal."),
    };

    /// <exception cref="ArgumentOutOfRangeException">Done is no problem.</exception>
    public static ProblemKind Of(ConfigureResult result) => result switch
    {
        ConfigureResult.AgentUnknown => ProblemKind.NotFound,
        ConfigureResult.AgentClosed => ProblemKind.AgentClosed,
        ConfigureResult.AgentExists => ProblemKind.AgentExists,
        ConfigureResult.UnknownTimeZone => ProblemKind.InvalidRequest,
        ConfigureResult.WouldWiden => ProblemKind.Forbidden,
        ConfigureResult.AboveCeiling => ProblemKind.Forbidden,
        ConfigureResult.TooManyChildren => ProblemKind.TooManyChildren,
        ConfigureResult.TooDeep => ProblemKind.TooDeep,
        ConfigureResult.Overcommitted => ProblemKind.BudgetExceeded,
        ConfigureResult.NotAtRest => ProblemKind.AgentBusy,
        ConfigureResult.BelowItself => ProblemKind.BelowItself,
        ConfigureResult.FrozenFromAbove => ProblemKind.Forbidden,
        ConfigureResult.NoWallet => ProblemKind.NoWallet,
        ConfigureResult.Incomplete => ProblemKind.InvalidRequest,
        _ => throw new ArgumentOutOfRangeException(nameof(result), result, "Not a refusal."),
    };
}
