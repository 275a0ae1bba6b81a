using System.Security.Cryptography;
using Polly;
using Polly.Retry;

namespace Budgets.ApiHost.Gateway;

/// <summary>"What certainly was not made may be asked for again, before anything has gone to the caller; what may have been made is not."</summary>
/// <remarks>
/// Again: no connection came about; 429, 503 and 529 in the provider's own form. Not again: any other answer, one of something on the way, a connection that broke after the request was sent.
/// So an attempt that is not the last cannot have cost anything, and one hold covers them all. The waiting is Polly's: exponential from half a second, with jitter.
/// </remarks>
internal sealed partial class Attempts
{
    /// <summary>How often a call is made again at most: 0 to 8, 2 if it is not set. Environment: <c>Budgets__Gateway__Retries</c>.</summary>
    public const string Setting = $"{Section}:{Name}";

    private const string Section = "Budgets:Gateway";
    private const string Name = "Retries";

    private const int Usual = 2;
    private const int Most = 8;

    private static readonly TimeSpan s_firstPause = TimeSpan.FromSeconds(0.5);

    /// <summary>Whoever is to wait for longer is told so, and decides for itself.</summary>
    private static readonly TimeSpan s_longestPause = TimeSpan.FromSeconds(5);

    /// <summary>From the first attempt to the beginning of the last.</summary>
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(30);

    private readonly TimeProvider _clock;
    private readonly ILogger<Attempts> _log;
    private readonly ResiliencePipeline<Attempt> _repeating;

    public Attempts(IConfiguration configuration, ILogger<Attempts> log, [FromKeyedServices(BudgetsApi.Clock)] TimeProvider clock)
    {
        (_clock, _log) = (clock, log);
        var retries = Read(configuration);
        _repeating = retries == 0 ? ResiliencePipeline<Attempt>.Empty : Repeating(retries);
    }

    /// <param name="faults">Where it is told that the setting is none.</param>
    public static int Read(IConfiguration configuration, ICollection<string>? faults = null) => (int)configuration.GetSection(Section).Number(Name, Usual, 0, Most, faults);

    /// <param name="send">One attempt.</param>
    /// <param name="gone">When its caller has gone, no attempt is begun.</param>
    /// <param name="stop">Ends the attempt that is being made.</param>
    /// <returns>The last attempt; null: the caller went while none was being made.</returns>
    public async Task<Attempt?> Make(Provider provider, Func<Task<HttpResponseMessage>> send, CancellationToken gone, CancellationToken stop)
    {
        var context = ResilienceContextPool.Shared.Get(gone);
        try
        {
            var order = new Order(provider, send, _clock.GetTimestamp(), stop);
            context.Properties.Set(Order.Key, order);
            var outcome = await _repeating.ExecuteOutcomeAsync(static (_, order) => order.Make(), context, order);
            return outcome.Result;
        }
        finally
        {
            ResilienceContextPool.Shared.Return(context);
        }
    }

    private ResiliencePipeline<Attempt> Repeating(int retries) => new ResiliencePipelineBuilder<Attempt> { TimeProvider = _clock }
        .AddRetry(new RetryStrategyOptions<Attempt>
        {
            MaxRetryAttempts = retries,
            Delay = s_firstPause,
            MaxDelay = s_longestPause,
            BackoffType = DelayBackoffType.Exponential,
            UseJitter = true,
            ShouldHandle = again => new ValueTask<bool>(again.Outcome.Result is { CameToNothing: true } attempt && IsInTime(attempt, OrderOf(again.Context))),
            DelayGenerator = again => new ValueTask<TimeSpan?>(again.Outcome.Result?.AskedToWait(_clock.GetUtcNow()) is { } wait ? Spread(wait) : null),
            OnRetry = again =>
            {
                LogAgain(_log, OrderOf(again.Context).Provider.Name, again.Outcome.Result!.Outcome, again.RetryDelay.TotalMilliseconds);
                return ValueTask.CompletedTask;
            },
        })
        .Build();

    private bool IsInTime(Attempt attempt, Order order)
    {
        var wait = attempt.AskedToWait(_clock.GetUtcNow()) ?? TimeSpan.Zero;
        return wait <= s_longestPause && _clock.GetElapsedTime(order.Began) + wait <= s_deadline;
    }

    /// <summary>Those who were all told the same do not all come back at once.</summary>
    private static TimeSpan Spread(TimeSpan wait) => wait + (wait * (RandomNumberGenerator.GetInt32(250) / 1_000d));

    private static Order OrderOf(ResilienceContext context) => context.Properties.GetValue(Order.Key, null!);

    /// <param name="Began">When the first attempt did.</param>
    private sealed record Order(Provider Provider, Func<Task<HttpResponseMessage>> Send, long Began, CancellationToken Stop)
    {
        public static readonly ResiliencePropertyKey<Order> Key = new("call");

        public async ValueTask<Outcome<Attempt>> Make()
        {
            try
            {
                var answer = await Send();
                return Polly.Outcome.FromResult(new Attempt(answer, answer.IsSuccessStatusCode ? [] : await Upstream.ReadError(answer, Stop)));
            }
            catch (Exception e)
            {
                return Polly.Outcome.FromResult(new Attempt(e));
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "The provider {Provider} came to nothing ({Why}); the call is made again in {Pause:0} ms.")]
    private static partial void LogAgain(ILogger log, string provider, string why, double pause);
}
