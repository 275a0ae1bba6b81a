using StackExchange.Redis;

namespace Budgets.ApiHost.Gateway;

/// <summary>Which answers are kept, how many and for how long.</summary>
/// <remarks>
/// Settings <c>Budgets:Gateway:Cache:TtlSeconds|MaxBytes|MaxAnswerBytes|Answers</c> (environment: <c>Budgets__Gateway__Cache__TtlSeconds</c>), and
/// <c>ConnectionStrings:Redis</c> for a second level that hosts share.
/// </remarks>
/// <param name="Ttl">Zero: nothing is kept.</param>
/// <param name="MaxBytes">Of all answers in memory.</param>
/// <param name="MaxAnswerBytes">Of one.</param>
/// <param name="IsAny">True: also answers that would be others the next time.</param>
/// <param name="Redis">Null: memory only.</param>
internal sealed record CacheSettings(TimeSpan Ttl, long MaxBytes, int MaxAnswerBytes, bool IsAny, ConfigurationOptions? Redis)
{
    public const string Section = "Budgets:Gateway:Cache";
    public const string RedisSetting = "ConnectionStrings:Redis";

    private const string Deterministic = "deterministic";
    private const string Any = "any";

    // Whoever waits for a cache waits for nothing: what is not there in this time is asked for again.
    private const int RedisMilliseconds = 250;

    public bool IsOn => Ttl > TimeSpan.Zero;

    /// <param name="faults">Where everything that is wrong is told, without the connection string, which may have a password in it.</param>
    public static CacheSettings Read(IConfiguration configuration, ICollection<string>? faults = null)
    {
        var section = configuration.GetSection(Section);
        foreach (var unknown in section.Unknown("TtlSeconds", "MaxBytes", "MaxAnswerBytes", "Answers"))
        {
            faults?.Add(unknown);
        }

        var answers = section["Answers"] ?? Deterministic;
        if (answers is not (Deterministic or Any))
        {
            faults?.Add($"{Section}:Answers must be {Deterministic} or {Any}.");
        }

        return new CacheSettings(
            TimeSpan.FromSeconds(section.Number("TtlSeconds", 600, 0, 86_400, faults)),
            section.Number("MaxBytes", 64 << 20, 1 << 20, 64L << 30, faults),
            (int)section.Number("MaxAnswerBytes", 1 << 20, 1 << 10, 16 << 20, faults),
            answers == Any,
            ReadRedis(configuration[RedisSetting], faults));
    }

    private static ConfigurationOptions? ReadRedis(string? text, ICollection<string>? faults)
    {
        if (string.IsNullOrWhiteSpace(text))
        {
            return null;
        }

        try
        {
            var options = ConfigurationOptions.Parse(text);
            if (options.EndPoints.Count > 0)
            {
                // A Redis that is away is away: calls go on without it, and it is tried again behind them. Whoever says how long it is waited for is heard.
                var unsaid = new ConfigurationOptions();
                options.AbortOnConnectFail = false;
                options.ConnectTimeout = options.ConnectTimeout == unsaid.ConnectTimeout ? RedisMilliseconds * 4 : options.ConnectTimeout;
                options.SyncTimeout = options.SyncTimeout == unsaid.SyncTimeout ? RedisMilliseconds : options.SyncTimeout;
                options.AsyncTimeout = options.AsyncTimeout == unsaid.AsyncTimeout ? RedisMilliseconds : options.AsyncTimeout;
                options.BacklogPolicy = BacklogPolicy.FailFast;
                return options;
            }
        }
        catch (ArgumentException)
        {
            // Said below.
        }

        faults?.Add($"{RedisSetting} must be as StackExchange.Redis reads it, such as redis.example.com:6379,ssl=true,password=….");
        return null;
    }
}
