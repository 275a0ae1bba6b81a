using Microsoft.Extensions.Logging;

namespace Budgets.Recharge;

internal sealed partial class RechargeGrain
{
    [LoggerMessage(EventId = 1, Level = LogLevel.Warning, Message = "The payments of {Agent} give up their activation: an append failed, or another activation has written.")]
    private static partial void LogFenced(ILogger log, Exception? error, AgentId agent);

    [LoggerMessage(EventId = 2, Level = LogLevel.Critical, Message = "The journal of the payments of {Agent} could not be recovered; its recharges wait.")]
    private static partial void LogUnreadable(ILogger log, Exception error, AgentId agent);

    [LoggerMessage(EventId = 3, Level = LogLevel.Warning, Message = "{Step} of a payment of {Agent} had no answer of use, and is tried again: {Reason}")]
    private static partial void LogTried(ILogger log, Exception? error, PayingStep step, AgentId agent, string reason);

    [LoggerMessage(EventId = 4, Level = LogLevel.Error, Message = "{Recharge} of {Agent} ended so long ago that it is not remembered how. Nothing is paid.")]
    private static partial void LogForgotten(ILogger log, RechargeId recharge, AgentId agent);
}
