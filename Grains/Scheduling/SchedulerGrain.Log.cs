using Microsoft.Extensions.Logging;

namespace Budgets.Scheduling;

internal sealed partial class SchedulerGrain
{
    [LoggerMessage(EventId = 1, Message = "The due index does not answer; what is due in shard {Shard} waits.")]
    private static partial void LogFailing(ILogger log, LogLevel level, Exception error, int shard);

    [LoggerMessage(EventId = 2, Level = LogLevel.Warning, Message = "Some of those due in shard {Shard} could not be woken, the last because of this; they are tried again in {Later}.")]
    private static partial void LogNotWoken(ILogger log, Exception error, int shard, TimeSpan later);
}
