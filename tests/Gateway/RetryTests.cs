using Budgets.ApiHost.Gateway;
using Budgets.Tests.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;

namespace Budgets.Tests.Gateway;

/// <summary>The same host with the setting left as it is.</summary>
public sealed class UsualRetries : GatewayApi
{
    public UsualRetries() => Settings = [$"--{Attempts.Setting}", ""];
}

/// <summary>What certainly was not made is asked for again, before anything has gone to the caller; what may have been made never is.</summary>
public sealed class RetryTests(UsualRetries api) : IClassFixture<UsualRetries>
{
    private const string OpenAisError = """{"error":{"message":"busy","type":"server_error","code":null}}""";
    private const string AnthropicsError = """{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}""";

    [Theory]
    [InlineData("chat", 429)]
    [InlineData("chat, streamed", 503)]
    [InlineData("responses, streamed", 429)]
    [InlineData("messages", 529)]
    [InlineData("messages, streamed", 529)]
    [InlineData("embeddings", 429)]
    public async Task A_busy_provider_is_asked_again_and_the_caller_sees_nothing_of_it(string name, int status)
    {
        var way = Way.Named(name);
        var agent = await api.NewAgent();
        Answers(
            http => Says(http, status, way.ErrorBody, ("retry-after", "0")),
            http => Says(http, status, way.ErrorBody, ("retry-after-ms", "0")),
            http => way.IsStreamed ? FakeProvider.Stream(http, way.Says("11", "9")) : http.Response.WriteAsync(way.Says("11", "9")[0]));

        var answer = await agent.Post(way.Path, way.Body);

        answer.Status.Should().Be(200, answer.Text);
        answer.Text.Should().NotContain("busy");
        api.Provider.Calls.Should().HaveCount(3).And.OnlyContain(c => c.Body == api.Provider.Calls.First().Body);
        (await api.Ended(agent)).Amount.Should().Be(api.Price(way.Model, way.Usage(11, 9)), "one hold covers all attempts, and one of them cost something");
    }

    [Fact]
    public async Task After_the_last_attempt_the_caller_is_told_what_the_provider_said_and_nothing_is_spent()
    {
        var agent = await api.NewAgent();
        api.Provider.Answer = (http, _) => Says(http, 429, OpenAisError, ("retry-after", "0"));

        var answer = await agent.Post("/v1/chat/completions", Said.Hello);

        (answer.Status, answer.Text).Should().Be((429, OpenAisError));
        answer.Headers.GetValues("retry-after").Should().Equal("0");
        api.Provider.Calls.Should().HaveCount(3, "twice again is usual");
        (await api.Ended(agent)).Kind.Should().Be("release");
    }

    [Theory]
    [InlineData(500, OpenAisError, "", "release")]
    [InlineData(400, OpenAisError, "", "release")]
    [InlineData(408, OpenAisError, "", "release")]
    [InlineData(502, OpenAisError, "", "release")]
    [InlineData(502, "<html>Bad gateway</html>", "", "settle")]
    [InlineData(504, "", "", "settle")]
    [InlineData(503, "no healthy upstream", "", "settle")]
    [InlineData(429, "<html>slow down</html>", "", "release")]
    [InlineData(429, """{"message":"no error of the provider's"}""", "", "release")]
    [InlineData(429, """{"error":{"message":"pay","type":"insufficient_quota","code":"insufficient_quota"}}""", "", "release")]
    [InlineData(429, OpenAisError, "x-should-retry: false", "release")]
    [InlineData(529, AnthropicsError, "retry-after: 6", "release")]
    [InlineData(429, OpenAisError, "retry-after: Fri, 01 Jan 2100 00:00:00 GMT", "release")]
    [InlineData(429, OpenAisError, "retry-after: soon", "release")]
    [InlineData(429, OpenAisError, "retry-after-ms: -1", "release")]
    [InlineData(429, OpenAisError, "retry-after-ms: 1e300", "release")]
    public async Task What_may_have_been_made_or_will_not_mend_in_a_moment_is_asked_for_once(int status, string body, string header, string end)
    {
        var agent = await api.NewAgent();
        api.Provider.Answer = (http, _) => Says(http, status, body, header.Length == 0 ? ("retry-after", "0") : (header[..header.IndexOf(':', StringComparison.Ordinal)], header[(header.IndexOf(':', StringComparison.Ordinal) + 2)..]));

        (await agent.Post("/v1/chat/completions", Said.Hello)).Status.Should().Be(status);

        api.Provider.Calls.Should().ContainSingle();
        (await api.Ended(agent)).Kind.Should().Be(end);
    }

    [Fact]
    public async Task A_connection_that_breaks_after_the_request_was_sent_is_not_tried_again_and_is_booked()
    {
        var agent = await api.NewAgent();
        await Warm(agent);
        api.Provider.Answer = (http, _) =>
        {
            http.Abort();
            return Task.CompletedTask;
        };

        (await agent.Post("/v1/chat/completions", Said.Hello)).Code.Should().Be("provider_broke_off");

        api.Provider.Calls.Should().HaveCount(2, "one to warm the connection, and one that broke");
        (await api.AtRest(agent)).Select(l => l.Kind).Should().Equal("hold", "settle", "hold", "settle");
    }

    [Fact]
    public async Task After_half_a_minute_nothing_is_tried_again()
    {
        var agent = await api.NewAgent();
        api.Provider.Answer = (http, _) =>
        {
            api.Clock.Advance(TimeSpan.FromSeconds(16));
            return Says(http, 503, OpenAisError, ("retry-after", "0"));
        };

        (await agent.Post("/v1/chat/completions", Said.Hello)).Status.Should().Be(503);

        api.Provider.Calls.Should().HaveCount(2);
    }

    [Theory]
    [InlineData("chat")]
    [InlineData("chat, streamed")]
    public async Task When_the_caller_has_gone_nothing_is_tried_again(string name)
    {
        var way = Way.Named(name);
        var agent = await api.NewAgent();
        using var leave = new CancellationTokenSource();
        api.Provider.Answer = (http, _) => Says(http, 503, OpenAisError, ("retry-after", "5"));
        using var http = new HttpClient { BaseAddress = api.Address };
        using var request = new HttpRequestMessage(HttpMethod.Post, way.Path) { Content = new StringContent(way.Body, System.Text.Encoding.UTF8, "application/json") };
        request.Headers.Add("Authorization", "Bearer " + agent.Key);

        var call = http.SendAsync(request, leave.Token);
        await LeavingTests.Until(() => Task.FromResult(!api.Provider.Calls.IsEmpty));
        await leave.CancelAsync();
        await FluentActions.Awaiting(() => call).Should().ThrowAsync<OperationCanceledException>();

        // The clock stands still: who waited for it would wait for ever.
        (await api.Ended(agent)).Kind.Should().Be("release");
        api.Provider.Calls.Should().ContainSingle();
    }

    [Fact]
    public async Task Where_no_connection_comes_about_it_is_tried_again_after_a_pause()
    {
        using var book = new LogBook();
        using var logs = LoggerFactory.Create(b => b.AddProvider(book).SetMinimumLevel(LogLevel.Trace));
        using var upstream = new Upstream();
        var attempts = new Attempts(Settings("1"), logs.CreateLogger<Attempts>(), TimeProvider.System);
        var nobody = new Provider("nobody", Dialect.OpenAi, "http://127.0.0.1:1/v1", "sk-canary-nobody");

        using var attempt = await attempts.Make(nobody, () => upstream.Send(nobody, ModelRoute.Chat, [], new DefaultHttpContext().Request, CancellationToken.None), CancellationToken.None, CancellationToken.None);

        attempt!.CameToNothing.Should().BeTrue();
        FluentActions.Invoking(() => attempt.Answer).Should().Throw<HttpRequestException>();
        book.Text.Split('\n').Where(l => l.Contains("made again", StringComparison.Ordinal)).Should().ContainSingle().Which.Should().Contain("nobody").And.Contain("ConnectionError");
        book.Text.Should().NotContain("sk-canary");
    }

    [Theory]
    [InlineData(null, 2, true)]
    [InlineData("", 2, true)]
    [InlineData("0", 0, true)]
    [InlineData("8", 8, true)]
    [InlineData("9", 2, false)]
    [InlineData("-1", 2, false)]
    [InlineData("two", 2, false)]
    [InlineData("1.5", 2, false)]
    [InlineData("99999999999", 2, false)]
    public void The_operator_says_how_often_and_a_wrong_word_stops_the_start(string? setting, int retries, bool isRight)
    {
        var faults = new List<string>();

        Attempts.Read(Settings(setting), faults).Should().Be(retries);

        faults.Select(f => f[..Attempts.Setting.Length]).Should().Equal(isRight ? [] : [Attempts.Setting]);
    }

    private static IConfiguration Settings(string? retries) => new ConfigurationBuilder().AddInMemoryCollection([new(Attempts.Setting, retries)]).Build();

    private static Task Says(HttpContext http, int status, string body, (string Name, string Value) header)
    {
        http.Response.StatusCode = status;
        http.Response.Headers[header.Name] = header.Value;
        return http.Response.WriteAsync(body);
    }

    /// <summary>One after the other.</summary>
    private void Answers(params Func<HttpContext, Task>[] answers)
    {
        var next = 0;
        api.Provider.Answer = (http, _) => answers[Math.Min(Interlocked.Increment(ref next) - 1, answers.Length - 1)](http);
    }

    private async Task Warm(Agent agent)
    {
        api.Provider.Says(Said.Completion());
        (await agent.Post("/v1/chat/completions", Said.Hello)).Status.Should().Be(200);
    }
}
