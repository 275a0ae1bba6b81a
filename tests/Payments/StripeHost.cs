using System.Text.Json;
using Budgets.ApiHost;
using Budgets.Tests.Http;
using Microsoft.AspNetCore.Builder;

namespace Budgets.Tests.Payments;

/// <summary>The real host in this process, with a Stripe of the test's for its payments.</summary>
internal sealed class StripeHost : IAsyncDisposable
{
    private static readonly TimeSpan s_hopeless = TimeSpan.FromSeconds(60);

    private readonly string _directory;
    private readonly WebApplication _app;
    private readonly HttpClient _http;

    private StripeHost(FakeStripe stripe, string directory, WebApplication app)
    {
        (Stripe, _directory, _app) = (stripe, directory, app);
        _http = new HttpClient { BaseAddress = new Uri(app.Urls.Single()) };
        Operator = new Party(_http, File.ReadAllText(Path.Combine(directory, "operator.key")).Trim());
    }

    public FakeStripe Stripe { get; }

    public Party Operator { get; }

    public static async Task<StripeHost> Start()
    {
        var (stripe, directory) = (await FakeStripe.Start(), Directory.CreateTempSubdirectory("budgets-stripe-").FullName);
        var app = BudgetsApi.Build(
        [
            "--urls", "http://127.0.0.1:0", "--Budgets:DataDirectory", directory, "--Budgets:Webhooks:AllowedNetworks", "127.0.0.0/8",
            "--Stripe:ApiKey", FakeStripe.Key, "--Stripe:WebhookSecret", FakeStripe.WebhookSecret, "--Stripe:BaseUrl", stripe.Address.ToString(),
        ]);
        await app.StartAsync();
        return new StripeHost(stripe, directory, app);
    }

    /// <summary>An agent that pays in advance, and is recharged.</summary>
    /// <param name="recharge">Members of the setting, as JSON.</param>
    public async Task<Agent> Prepaid(string credits, string recharge)
    {
        var created = await Operator.Post("/v1/agents", """{"name":"Researcher","scopes":["manage","spend"]}""");
        var agent = new Agent(_http, created["api_key"].GetString()!, created["agent_id"].GetString()!);
        var credited = await Operator.Post($"/v1/agents/{agent.Id}/credits", $$"""{"amount":{{credits}}}""", "credit-1");
        credited.Status.Should().Be(201, credited.Text);
        var set = await Operator.Post($"/v1/agents/{agent.Id}/auto-recharge", $$"""{"enabled":true,"cooldown_seconds":0,{{recharge}}}""");
        set.Status.Should().Be(200, set.Text);
        set["provider"].GetString().Should().Be("stripe");
        return agent;
    }

    /// <summary>Recharges of an agent, newest first, once so many have ended and none is under way.</summary>
    public static async Task<List<JsonElement>> Recharged(Party agent, int recharges = 1)
    {
        using var deadline = new CancellationTokenSource(s_hopeless);
        using var pause = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (true)
        {
            var history = await agent.Get("/v1/agents/auto-recharge/history");
            history.Status.Should().Be(200, history.Text);
            var lines = history.Json.EnumerateObject().Single(m => m.Value.ValueKind == JsonValueKind.Array).Value.EnumerateArray().ToList();
            if (lines.Count >= recharges && lines.TrueForAll(l => l.GetProperty("status").GetString() != "under_way"))
            {
                return lines;
            }

            await pause.WaitForNextTickAsync(deadline.Token);
        }
    }

    public Task<Answer> News(string body, string? signature) => new Party(_http, null).Send(
        "POST", "/v1/stripe/webhook", new StringContent(body), r =>
        {
            if (signature is not null)
            {
                r.Headers.TryAddWithoutValidation("Stripe-Signature", signature);
            }
        });

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
        await Stripe.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }
}
