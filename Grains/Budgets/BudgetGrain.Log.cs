using Microsoft.Extensions.Logging;

namespace Budgets.Budgets;

internal sealed partial class BudgetGrain
{
    private void Fenced(Exception? error)
    {
        LogFenced(_log, error, State.Agent);
        DeactivateOnIdle();
    }

    [LoggerMessage(EventId = 1, Level = LogLevel.Warning, Message = "The budget of {Agent} gives up its activation: an append failed, or another activation has written.")]
    private static partial void LogFenced(ILogger log, Exception? error, AgentId agent);

    [LoggerMessage(EventId = 2, Level = LogLevel.Critical, Message = "The journal of {Agent} could not be recovered; the budget stays shut.")]
    private static partial void LogUnreadable(ILogger log, Exception error, AgentId agent);
}
