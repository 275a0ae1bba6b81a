using Microsoft.Extensions.Logging;

namespace Budgets.Trees;

internal sealed partial class AllocationTreeGrain
{
    [LoggerMessage(EventId = 1, Level = LogLevel.Warning, Message = "The tree of {Parent} gives up its activation: an append failed, or another activation has written.")]
    private static partial void LogFenced(ILogger log, Exception? error, AgentId parent);

    [LoggerMessage(EventId = 2, Level = LogLevel.Critical, Message = "The journal of the tree of {Parent} could not be recovered; its children can draw nothing.")]
    private static partial void LogUnreadable(ILogger log, Exception error, AgentId parent);
}
