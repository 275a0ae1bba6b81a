using Microsoft.Extensions.Logging;

namespace Budgets.Storage.AzureTables.Reminders;

internal sealed partial class AzureTablesReminderTable
{
    [LoggerMessage(EventId = 1, Level = LogLevel.Error, Message = "A reminder that cannot be read is left out; its grain will not be reminded.")]
    private static partial void LogUnreadable(ILogger log, Exception error);

    [LoggerMessage(EventId = 2, Level = LogLevel.Warning, Message = "{Count} reminders of other services are left out, such as '{Row}' of '{Other}'; this service is '{Service}'.")]
    private static partial void LogOtherServices(ILogger log, int count, string row, string? other, string service);
}
