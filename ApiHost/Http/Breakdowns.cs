using Orleans.Runtime;

namespace Budgets.ApiHost.Http;

/// <summary>What an exception means to a caller: a promise of ours that broke, never one of theirs.</summary>
internal static partial class Breakdowns
{
    private static readonly Problem StoreUnavailable = new(ProblemKind.StoreUnavailable, "Nothing was done. Send the request again in a moment.");
    private static readonly Problem OutcomeUnknown = new(
        ProblemKind.OutcomeUnknown, "It may have been done or not. Send the request again with the same idempotency key: it will have one effect.");

    private static readonly Problem Overloaded = new(ProblemKind.Overloaded, "Nothing was done. Send the request again in a moment.");
    private static readonly Problem Internal = new(ProblemKind.InternalError, "This is our fault, not yours; it was logged.");

    /// <param name="keys">The idempotency keys the request was made with, for the caller to repeat: it may not know the ones made here.</param>
    public static Problem Of(Exception exception, ILogger log, params IEnumerable<string?> keys) =>
        Of(exception, log) with { Keys = [.. keys.OfType<string>()] };

    private static Problem Of(Exception exception, ILogger log)
    {
        switch (exception)
        {
            case StoreUnavailableException:
                return StoreUnavailable;
            case OverloadedException:
                return Overloaded;
            case OutcomeUnknownException or TimeoutException or OrleansException or OperationCanceledException:
                return OutcomeUnknown;
            case JournalCorruptException corrupt:
                LogCorrupt(log, corrupt);
                return StoreUnavailable;
            case BadHttpRequestException { StatusCode: 413 }:
                return Problem.TooLarge;
            case BadHttpRequestException { StatusCode: 408 }:
                return new Problem(ProblemKind.RequestTimeout, "The body did not arrive in time.");
            case BadHttpRequestException bad:
                return Problem.Invalid("", "the request is not valid HTTP: " + bad.Message.TrimEnd('.'));
            default:
                LogUnhandled(log, exception);
                return Internal;
        }
    }

    [LoggerMessage(Level = LogLevel.Critical, Message = "Stored history contradicts itself; the budget stays shut until somebody has looked.")]
    private static partial void LogCorrupt(ILogger log, Exception exception);

    [LoggerMessage(Level = LogLevel.Error, Message = "A request failed for a reason that nobody thought of.")]
    private static partial void LogUnhandled(ILogger log, Exception exception);
}
