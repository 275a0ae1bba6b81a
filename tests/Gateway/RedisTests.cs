using Budgets.ApiHost.Gateway;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging.Abstractions;
using StackExchange.Redis;

namespace Budgets.Tests.Gateway;

/// <summary>Hosts share what they keep by a Redis, which may go away at any time.</summary>
public sealed class RedisTests
{
    private const string Cold = """{"model":"gpt-4o","messages":[{"role":"user","content":"canary-question"}],"max_tokens":100,"temperature":0}""";

    [Fact]
    public async Task What_one_host_keeps_another_finds_under_a_name_that_tells_nothing_and_without_it_calls_go_on()
    {
        using var redis = await RedisServer.Start();
        using var api = new GatewayApi { Settings = [$"--{CacheSettings.RedisSetting}", redis.ConnectionString] };
        await api.InitializeAsync();
        try
        {
            var agent = await api.NewAgent();
            api.Provider.Says(Said.Completion());
            var first = await agent.Post("/v1/chat/completions", Cold);

            await using var connection = await ConnectionMultiplexer.ConnectAsync(redis.ConnectionString);
            var name = connection.GetServers().Single().Keys(pattern: "*").Should().ContainSingle().Which.ToString();
            name.Should().MatchRegex("^budgets:answer:[0-9a-f]{64}$");
            (await connection.GetDatabase().KeyTimeToLiveAsync(name)).Should().BeGreaterThan(TimeSpan.Zero).And.BeLessThanOrEqualTo(TimeSpan.FromMinutes(10));
            await using var another = new AnswerStore(Settings((CacheSettings.RedisSetting, redis.ConnectionString)).Settings, NullLoggerFactory.Instance, api.Clock);
            var found = await another.Find(name["budgets:answer:".Length..]);
            System.Text.Encoding.UTF8.GetString(found!.Body).Should().Be(first.Text);
            found.Cost.InDollars.Should().Be(api.Price("gpt-4o", new TokenUsage(11, 9)));

            redis.Dispose();
            (await agent.Post("/v1/chat/completions", Cold)).Header("x-budget-cache").Should().Be("hit", "it is in memory, too");
            var other = await agent.Post("/v1/chat/completions", Cold.Replace("question", "other", StringComparison.Ordinal));
            (other.Status, other.Header("x-budget-cache")).Should().Be((200, "miss"));
            api.Provider.Calls.Should().HaveCount(2);
            api.Log.Text.Should().NotContain("canary-question");
        }
        finally
        {
            await api.DisposeAsync();
        }
    }

    [Fact]
    public async Task Memory_holds_no_more_than_it_may_and_no_answer_that_is_too_long()
    {
        var (settings, faults) = Settings(("Budgets:Gateway:Cache:MaxBytes", $"{1 << 20}"), ("Budgets:Gateway:Cache:MaxAnswerBytes", $"{300_000}"));
        faults.Should().BeEmpty();
        await using var store = new AnswerStore(settings, NullLoggerFactory.Instance, new Microsoft.Extensions.Time.Testing.FakeTimeProvider());
        var answer = new KeptAnswer(DateTimeOffset.UnixEpoch, Money.Zero, "m", "t", new byte[250_000]);
        for (var i = 0; i < 20; i++)
        {
            await store.Keep($"{i}", answer);
        }

        var kept = 0;
        for (var i = 0; i < 20; i++)
        {
            kept += await store.Find($"{i}") is null ? 0 : 1;
        }

        kept.Should().BeInRange(1, (1 << 20) / 250_000);
        using var recording = new Recording("k", settings.MaxAnswerBytes, null);
        using var said = new HttpResponseMessage();
        recording.Take(said, new byte[200_000]);
        recording.Body.Should().HaveCount(200_000);
        recording.Take(said, new byte[200_000]);
        recording.Body.Should().BeNull();
    }

    [Theory]
    [InlineData("Budgets:Gateway:Cache:TtlSeconds", "-1", "TtlSeconds must be a whole number from 0 to 86400")]
    [InlineData("Budgets:Gateway:Cache:TtlSeconds", "10m", "TtlSeconds")]
    [InlineData("Budgets:Gateway:Cache:MaxBytes", "1", "MaxBytes")]
    [InlineData("Budgets:Gateway:Cache:MaxAnswerBytes", "99999999999999999999", "MaxAnswerBytes")]
    [InlineData("Budgets:Gateway:Cache:Answers", "some", "deterministic or any")]
    [InlineData("Budgets:Gateway:Cache:Tll", "1", "not known")]
    [InlineData("ConnectionStrings:Redis", "password=secret-canary", "StackExchange.Redis")]
    [InlineData("ConnectionStrings:Redis", "a:1,nonsense=secret-canary", "StackExchange.Redis")]
    [InlineData("Budgets:Gateway:Embeddings:JoinWithinMs", "1000", "JoinWithinMs must be a whole number from 0 to 100")]
    [InlineData("Budgets:Gateway:Embeddings:Join", "1", "not known")]
    public void What_is_set_wrongly_is_told_at_the_start_without_secrets(string name, string value, string says)
    {
        var (_, faults) = Settings((name, value));

        faults.Should().ContainSingle().Which.Should().Contain(says).And.NotContain("secret-canary");
    }

    private static (CacheSettings Settings, List<string> Faults) Settings(params IEnumerable<(string Name, string Value)> told)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(told.Select(t => KeyValuePair.Create(t.Name, (string?)t.Value))).Build();
        var faults = new List<string>();
        JoinSettings.Read(configuration, faults);
        return (CacheSettings.Read(configuration, faults), faults);
    }
}
