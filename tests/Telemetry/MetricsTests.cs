using System.Diagnostics;
using Budgets.ApiHost.Auth;
using Budgets.Tests.Crash;
using Budgets.Tests.Http;
using Budgets.Tests.Journal;

namespace Budgets.Tests.Telemetry;

/// <summary>What Prometheus reads of a service as users run it: a process of its own, for meters belong to the process.</summary>
[Collection(nameof(OneHost))]
public sealed class MetricsTests : IAsyncLifetime, IDisposable
{
    private readonly ScratchDirectory _scratch = new();
    private readonly string _operatorKey = ApiKey.New(ApiKey.OperatorPrefix);
    private readonly string _metricsKey = ApiKey.New(ApiKey.MetricsPrefix);
    private ApiProcess _process = null!;
    private HttpClient _http = null!;

    private Party Operator => new(_http, _operatorKey);

    private Party Scraper => new(_http, _metricsKey);

    public async Task InitializeAsync()
    {
        _process = ApiProcess.Start(new Dictionary<string, string> { ["Budgets__DataDirectory"] = _scratch.Path, ["Budgets__MetricsKey"] = _metricsKey }, _operatorKey);
        _http = new HttpClient { BaseAddress = (await _process.Ready()).Address };
    }

    public Task DisposeAsync() => Task.CompletedTask;

    public void Dispose()
    {
        _http.Dispose();
        _process.Dispose();
        _scratch.Dispose();
    }

    [Fact]
    public async Task Figures_add_up_name_no_agent_and_are_in_good_form()
    {
        await Scraped.Of(Scraper);
        var agent = await NewAgent("""{"daily_limit":10}""");
        await agent.Charge("1.25", "one");
        await agent.Charge("1.25", "one");
        var settled = await agent.Reserved("2");
        await agent.Post($"/v1/reservations/{settled}/commit", """{"amount":0.75}""");
        await agent.Reserved("3");
        (await agent.Charge("100")).Status.Should().Be(402);
        (await agent.Post("/v1/charges", """{"charges":[{"amount":0.5},{"amount":50}]}""")).Status.Should().Be(200);

        var metrics = await Scraped.Of(Scraper);

        metrics["budget_spend_total"].Should().Be(2.5, "a replay spends nothing");
        metrics["budget_held"].Should().Be(3);
        metrics["budget_rejections_total", "reason=\"budget_exceeded\""].Should().Be(2);
        metrics["budget_reserve_duration_seconds_count"].Should().Be(2);
        metrics["http_server_request_duration_seconds_count", "http_route=\"/v1/charges\""].Should().Be(4);
        metrics.Text.Should().NotMatchRegex("(agent|res|chg|key|idem)_[0-9A-Za-z]{20}").And.NotContain("\"one\"");
        (await Lint(metrics.Text)).Where(l => !l.StartsWith("orleans_", StringComparison.Ordinal) && !l.StartsWith("dotnet_", StringComparison.Ordinal)).Should().BeEmpty();
    }

    [Fact]
    public async Task Events_per_append_grow_with_load()
    {
        await Scraped.Of(Scraper);
        var agent = await NewAgent();

        var alone = await EventsPerAppend(async () =>
        {
            for (var i = 0; i < 50; i++)
            {
                (await agent.Charge("0.01")).Status.Should().Be(201);
            }
        });
        var crowded = await EventsPerAppend(() => Task.WhenAll(Enumerable.Range(0, 64).Select(async _ =>
        {
            for (var i = 0; i < 10; i++)
            {
                (await agent.Charge("0.01")).Status.Should().Be(201);
            }
        })));

        alone.Should().BeLessThan(1.2);
        crowded.Should().BeGreaterThan(2 * alone);
    }

    [Fact]
    public async Task What_is_held_is_counted_again_after_a_restart_and_once_it_is_asked_for()
    {
        var agent = await NewAgent();
        await agent.Reserved("3");
        _process.Terminate();
        await _process.Exited();
        _process.Dispose();
        _http.Dispose();
        await InitializeAsync();

        (await Scraped.Of(Scraper))["budget_held"].Should().Be(0, "no budget is active yet");
        (await new Agent(_http, agent.Key!, agent.Id).Get("/v1/agents/budget")).Status.Should().Be(200);
        (await Scraped.Of(Scraper))["budget_held"].Should().Be(3);
    }

    [Fact]
    public async Task Only_an_operator_or_the_scrapers_own_key_reads_them_and_that_key_opens_nothing_else()
    {
        var agent = await NewAgent();

        (await Operator.Get("/metrics")).Status.Should().Be(200);
        (await Scraper.Get("/metrics")).Status.Should().Be(200);
        (await agent.Get("/metrics")).Status.Should().Be(403);
        foreach (var nobody in (string?[])[null, ApiKey.New(ApiKey.MetricsPrefix), _metricsKey[..^1], "abm_"])
        {
            (await new Party(_http, nobody).Get("/metrics")).Status.Should().Be(401);
        }

        foreach (var path in (string[])["/v1/agents", $"/v1/agents/{agent.Id}", "/v1/agents/me", "/v1/agents/usage"])
        {
            (await Scraper.Get(path)).Status.Should().Be(401, path);
        }
    }

    private async Task<double> EventsPerAppend(Func<Task> load)
    {
        var before = await Scraped.Of(Scraper);
        await load();
        var after = await Scraped.Of(Scraper);
        double Grown(string name) => after[name] - before[name];
        return Grown("budget_journal_events_per_append_sum") / Grown("budget_journal_events_per_append_count");
    }

    private async Task<Agent> NewAgent(string budget = "{}")
    {
        var created = await Operator.Post("/v1/agents", $$"""{"name":"a","budget":{{budget}}}""");
        return new Agent(_http, created["api_key"].GetString()!, created["agent_id"].GetString()!);
    }

    /// <summary>What promtool finds fault with; it fails on what is no metrics at all.</summary>
    private static async Task<string[]> Lint(string text)
    {
        using var promtool = Process.Start(new ProcessStartInfo("promtool", ["check", "metrics"])
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
        })!;
        var (output, errors) = (promtool.StandardOutput.ReadToEndAsync(), promtool.StandardError.ReadToEndAsync());
        await promtool.StandardInput.WriteAsync(text);
        promtool.StandardInput.Close();
        await promtool.WaitForExitAsync();
        promtool.ExitCode.Should().BeOneOf([0, 3], $"3 is a matter of taste, anything else is not: {await errors}");
        return $"{await output}{await errors}".Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
