using Microsoft.Extensions.Logging;

namespace Budgets.Delivery;

internal sealed partial class DeliveryGrain
{
    /// <summary>How often a process says that it cannot mail.</summary>
    private static readonly TimeSpan SaidEvery = TimeSpan.FromMinutes(1);

    private static long s_saidAt = long.MinValue;

    private void SayUnmailed(LettersMade made)
    {
        var (said, now) = (Interlocked.Read(ref s_saidAt), _clock.GetTimestamp());
        if (made.Letters.Any(l => l.LastError == Reasons.NotConfigured) && (said == long.MinValue || _clock.GetElapsedTime(said, now) >= SaidEvery)
            && Interlocked.CompareExchange(ref s_saidAt, now, said) == said)
        {
            LogNotMailed(_log, _journal.State.Agent);
        }
    }

    [LoggerMessage(EventId = 1, Level = LogLevel.Warning, Message = "The letters of {Agent} give up their activation: an append failed, or another activation has written.")]
    private static partial void LogFenced(ILogger log, Exception? error, AgentId agent);

    [LoggerMessage(EventId = 2, Level = LogLevel.Critical, Message = "The journal of the letters of {Agent} could not be recovered; its alerts wait.")]
    private static partial void LogUnreadable(ILogger log, Exception error, AgentId agent);

    [LoggerMessage(EventId = 3, Level = LogLevel.Warning, Message = "Alerts of {Agent}, and perhaps of others, are not mailed: no mail server is configured.")]
    private static partial void LogNotMailed(ILogger log, AgentId agent);

    /// <param name="error">Only its type: its words may name a receiver.</param>
    [LoggerMessage(EventId = 4, Level = LogLevel.Error, Message = "A letter of {Agent} could not be carried because of a {Error}; it is tried again.")]
    private static partial void LogLost(ILogger log, string error, AgentId agent);
}
