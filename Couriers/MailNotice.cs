using Budgets.Delivery;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Budgets.Couriers;

/// <summary>Says once, at the start, that alerts by mail can be asked for and will not be sent: otherwise the first to notice is whoever waits for one.</summary>
internal sealed partial class MailNotice(ICourier courier, ILogger<MailNotice> log) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (!courier.CanMail)
        {
            LogNoMail(log);
        }

        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    [LoggerMessage(Level = LogLevel.Information, Message = "No SMTP server is configured (Smtp:Host), so alerts and requests for approval that are to go by mail are not sent. Webhooks are.")]
    private static partial void LogNoMail(ILogger log);
}
