namespace Budgets.ApiHost.Http;

/// <summary>Whether sending the same request again can help.</summary>
internal enum MayRetry
{
    /// <summary>Not as it is. Where SDKs would try again by themselves they are told not to (<c>x-should-retry: false</c>).</summary>
    No = 0,

    /// <summary>Yes, once something has changed: a window ended, a hold ended, a limit was raised. Retry-After says when, where that is known.</summary>
    Later,

    /// <summary>Yes, soon, with the same idempotency key (<c>Retry-After: 1</c>).</summary>
    SameKey,
}

/// <summary>A kind of problem (RFC 9457): its code is stable and what programs branch on. docs/outcomes.md lists them all.</summary>
internal sealed record ProblemKind(string Code, int Status, string Title, MayRetry Retry = MayRetry.No)
{
    /// <summary>The problem's "type".</summary>
    public string Type { get; } = "urn:budgets:problem:" + Code;

    public static readonly ProblemKind InvalidRequest = new("invalid_request", 400, "The request is not valid");
    public static readonly ProblemKind Unauthenticated = new("unauthenticated", 401, "A valid API key is required");
    public static readonly ProblemKind Forbidden = new("forbidden", 403, "This key may not do that");
    public static readonly ProblemKind NotFound = new("not_found", 404, "There is no such thing");
    public static readonly ProblemKind ModelNotServed = new("model_not_served", 404, "No provider here serves this model");
    public static readonly ProblemKind MethodNotAllowed = new("method_not_allowed", 405, "This resource does not take that method");
    public static readonly ProblemKind RequestTimeout = new("request_timeout", 408, "The request came too slowly", MayRetry.SameKey);
    public static readonly ProblemKind AgentExists = new("agent_exists", 409, "The agent exists already");
    public static readonly ProblemKind AgentBusy = new("agent_busy", 409, "The agent has something open", MayRetry.Later);
    public static readonly ProblemKind ReservationSettled = new("reservation_settled", 409, "The reservation is settled already");
    public static readonly ProblemKind ReservationReleased = new("reservation_released", 409, "The reservation is released already");
    public static readonly ProblemKind ReservationExpired = new("reservation_expired", 410, "The reservation has expired");
    public static readonly ProblemKind CallMadeBefore = new("call_made_before", 409, "The call was made before");
    public static readonly ProblemKind CallNotEnded = new("call_not_ended", 409, "The call has not ended yet", MayRetry.Later);
    public static readonly ProblemKind FeedbackGiven = new("feedback_given", 409, "The call was rated before");
    public static readonly ProblemKind AgentClosed = new("agent_closed", 410, "The agent is closed for good");
    public static readonly ProblemKind PreconditionFailed = new("precondition_failed", 412, "The resource is not as the request's conditions want it");
    public static readonly ProblemKind BodyTooLarge = new("body_too_large", 413, "The body is too large");
    public static readonly ProblemKind UnsupportedMediaType = new("unsupported_media_type", 415, "The body must be application/json");
    public static readonly ProblemKind IdempotencyKeyReused = new("idempotency_key_reused", 422, "The idempotency key was used for another request");
    public static readonly ProblemKind UnknownModelPrice = new("unknown_model_price", 422, "The model's price is not known");
    public static readonly ProblemKind UnpricedFeature = new("unpriced_feature", 422, "The call asks for something that has no price");
    public static readonly ProblemKind AmountTooLarge = new("amount_too_large", 422, "The amount is more than one budget can hold");
    public static readonly ProblemKind NoWallet = new("no_wallet", 422, "The agent has no balance of its own");
    public static readonly ProblemKind TooManyKeys = new("too_many_keys", 422, "The agent has as many keys as it may have");
    public static readonly ProblemKind TooManyChildren = new("too_many_children", 422, "The agent has as many children as it may have");
    public static readonly ProblemKind TooDeep = new("too_deep", 422, "There are as many levels of agents as there may be");
    public static readonly ProblemKind BelowItself = new("below_itself", 422, "An agent cannot be below itself");
    public static readonly ProblemKind TooManyPrices = new("too_many_prices", 422, "As many prices are set as can be kept");
    public static readonly ProblemKind TooManyReservations = new("too_many_reservations", 429, "Too many reservations are open", MayRetry.Later);
    public static readonly ProblemKind Frozen = new("frozen", 402, "The agent is frozen", MayRetry.Later);
    public static readonly ProblemKind BudgetExceeded = new("budget_exceeded", 402, "The budget is exceeded", MayRetry.Later);
    public static readonly ProblemKind InsufficientBalance = new("insufficient_balance", 402, "The balance does not suffice", MayRetry.Later);
    public static readonly ProblemKind RateExceeded = new("rate_exceeded", 402, "Spending is too fast", MayRetry.Later);
    public static readonly ProblemKind ApprovalRequired = new("approval_required", 402, "Somebody has to approve this first", MayRetry.Later);
    public static readonly ProblemKind ApprovalUnknown = new("approval_unknown", 422, "The agent has no such approval");
    public static readonly ProblemKind ApprovalPending = new("approval_pending", 409, "Nobody has decided about the approval yet", MayRetry.Later);
    public static readonly ProblemKind ApprovalDenied = new("approval_denied", 409, "The approval was denied");
    public static readonly ProblemKind ApprovalExpired = new("approval_expired", 410, "The approval has expired");
    public static readonly ProblemKind ApprovalCancelled = new("approval_cancelled", 410, "The approval was taken back");
    public static readonly ProblemKind ApprovalUsed = new("approval_used", 409, "The approval was used before");
    public static readonly ProblemKind ApprovalMismatch = new("approval_mismatch", 422, "The approval is for something else");
    public static readonly ProblemKind ApprovalTooSmall = new("approval_too_small", 422, "The approval is for less");
    public static readonly ProblemKind ApprovalDecided = new("approval_decided", 409, "Somebody decided before");
    public static readonly ProblemKind NothingToRaise = new("nothing_to_raise", 422, "The agent has no such limit");
    public static readonly ProblemKind TooManyApprovals = new("too_many_approvals", 429, "Too many approvals are open", MayRetry.Later);
    public static readonly ProblemKind AskedTooOften = new("asked_too_often", 429, "People were asked often enough for now", MayRetry.Later);
    public static readonly ProblemKind ProviderRefused = new("provider_refused", 502, "The provider does not take calls from here");
    public static readonly ProblemKind ProviderUnreachable = new("provider_unreachable", 502, "The provider cannot be reached", MayRetry.SameKey);
    public static readonly ProblemKind ProviderBrokeOff = new("provider_broke_off", 502, "The provider broke off its answer");
    public static readonly ProblemKind StoreUnavailable = new("store_unavailable", 503, "The store cannot be reached", MayRetry.SameKey);
    public static readonly ProblemKind OutcomeUnknown = new("outcome_unknown", 503, "It is not known whether this was done", MayRetry.SameKey);
    public static readonly ProblemKind Overloaded = new("overloaded", 503, "Too many requests are waiting", MayRetry.SameKey);
    public static readonly ProblemKind InternalError = new("internal_error", 500, "Something is broken here", MayRetry.SameKey);

    /// <summary>All kinds, for the docs and their test.</summary>
    public static IEnumerable<ProblemKind> All =>
        typeof(ProblemKind).GetFields().Where(f => f.FieldType == typeof(ProblemKind)).Select(f => (ProblemKind)f.GetValue(null)!);
}
