using System.ClientModel;
using System.Text.Json;
using Anthropic.Exceptions;
using Anthropic.Models.Models;
using Budgets.Tests.Http;
using Budgets.Tests.Pricing;

namespace Budgets.Tests.Gateway;

/// <summary>The official SDKs of OpenAI and Anthropic, for JavaScript and for .NET, against aimock as the provider: only base URL and key are ours.</summary>
[Collection(AimockApi.Name)]
public sealed class SdkTests(AimockApi api)
{
    private const string Hello = "Hello there, this is a somewhat longer answer.";

    /// <summary>aimock tells no usage of embeddings but zeros, which stay zero.</summary>
    private static readonly decimal[] s_costs =
    [
        AimockApi.Price("gpt-4o", 11, 9), AimockApi.Price("gpt-4o", 11, 9), AimockApi.Price("gpt-4o", 30, 12), AimockApi.Price("gpt-4o", 11, 9), AimockApi.Price("gpt-4o", 11, 9), 0m,
        AimockApi.Price("standard/1024-x-1024/dall-e-3", 0, 0, images: 1), AimockApi.Price("claude-haiku-4-5", 11, 9), AimockApi.Price("claude-haiku-4-5", 11, 9), AimockApi.Price("claude-haiku-4-5", 30, 12),
    ];

    [Fact]
    public async Task Official_SDKs_for_JavaScript_work_unchanged_and_the_ledger_has_what_the_provider_counted()
    {
        var (rich, poor) = (await api.NewAgent(), await api.NewAgent("0.00001"));
        await api.Journal();

        var results = JsonDocument.Parse(await Peers.Run("", "tests/Peers/gateway.mjs", api.Address.ToString().TrimEnd('/'), rich.Key!, poor.Key!)).RootElement;

        foreach (var name in (string[])["chat", "stream", "responses", "responsesStream", "message", "messageStream"])
        {
            results.GetProperty(name).GetProperty("text").GetString().Should().Be(Hello, name);
        }

        results.GetProperty("stream").GetProperty("usages").GetInt32().Should().Be(0, "nobody asked for the usage");
        foreach (var name in (string[])["tools", "messageTools"])
        {
            results.GetProperty(name).GetProperty("call").GetString().Should().Be("{\"city\":\"Paris\"}", name);
        }

        results.GetProperty("embeddings").GetProperty("numbers").GetBoolean().Should().BeTrue();
        results.GetProperty("picture").GetProperty("bytes").GetString().Should().Be("iVBORw0KGgo=");
        results.GetProperty("models").GetProperty("first").GetString().Should().Be("model");
        results.GetProperty("model").GetProperty("id").GetString().Should().Be("gpt-4o");
        (results.GetProperty("modelOfAnthropic").GetProperty("type").GetString(), results.GetProperty("modelOfAnthropic").GetProperty("name").GetString()).Should().Be(("model", "claude-haiku-4-5"));
        var listed = results.GetProperty("modelsOfAnthropic");
        var count = (await Catalogue(rich)).Count;
        (listed.GetProperty("count").GetInt32(), listed.GetProperty("unique").GetInt32()).Should().Be((count, count));
        (listed.GetProperty("backward").GetInt32(), listed.GetProperty("unasked").GetInt32(), listed.GetProperty("stages").GetString()).Should().Be((count - 1, 20, "active"));
        results.GetProperty("noPageOfAnthropic").GetProperty("type").GetString().Should().Be("invalid_request_error");
        results.GetProperty("noModel").GetProperty("kind").GetString().Should().Be("NotFoundError");
        results.GetProperty("noModelOfAnthropic").GetProperty("type").GetString().Should().Be("not_found_error");
        foreach (var name in (string[])["error", "messageError"])
        {
            results.GetProperty(name).GetProperty("status").GetInt32().Should().Be(400, name);
        }

        foreach (var (name, type) in new[] { ("poor", "insufficient_quota"), ("poorMessage", "billing_error") })
        {
            var refused = results.GetProperty(name);
            (refused.GetProperty("status").GetInt32(), refused.GetProperty("retry").GetString()).Should().Be((402, "false"));
            refused.GetProperty("type").GetString().Should().Be(type);
        }

        await Ledger(rich);
        (await api.Journal()).Should().HaveCount(12, "a refused call is not made, nor made again");
    }

    [Fact]
    public async Task Official_SDKs_for_dotnet_work_unchanged_and_the_ledger_has_what_the_provider_counted()
    {
        var agent = await api.NewAgent();
        using var sdks = new DotnetSdks(api.Address, agent.Key!);
        await api.Journal();

        (await sdks.Chat()).Should().Be(Hello);
        (await sdks.ChatStream()).Should().Be(Hello);
        (await sdks.Tools()).Should().Be("{\"city\":\"Paris\"}");
        (await sdks.Response()).Should().Be(Hello);
        (await sdks.ResponseStream()).Should().Be(Hello);
        (await sdks.Embedding()).Should().BePositive();
        (await sdks.Picture()).Should().HaveCount(8);
        (await sdks.Message()).Should().Be(Hello);
        (await sdks.MessageStream()).Should().Be(Hello);
        (await sdks.MessageTools()).Should().Be("{\"city\":\"Paris\"}");
        (await FluentActions.Awaiting(() => sdks.Chat("fail")).Should().ThrowAsync<ClientResultException>()).Which.Status.Should().Be(400);
        await FluentActions.Awaiting(() => sdks.Message("fail")).Should().ThrowAsync<AnthropicBadRequestException>();

        await Ledger(agent);
        (await api.Journal()).Should().HaveCount(12);
    }

    [Fact]
    public async Task Anthropics_SDK_for_dotnet_lists_all_models_page_by_page()
    {
        var agent = await api.NewAgent();
        using var sdks = new DotnetSdks(api.Address, agent.Key!);

        var forward = await sdks.Models(new ModelListParams { Limit = 70 });

        var catalogue = await Catalogue(agent);
        forward.Select(m => m.ID).Should().Equal(catalogue);
        forward.Should().OnlyContain(m => m.DisplayName == m.ID && m.MaxTokens != 0 && m.MaxInputTokens != 0);
        forward.Should().Contain(m => m.ID == "claude-haiku-4-5" && m.MaxTokens == 64_000);
        (await sdks.Models(new ModelListParams { Limit = 1_000, BeforeID = catalogue[9] })).Select(m => m.ID).Should().Equal(catalogue.Take(9));
        (await sdks.Models(new ModelListParams { Limit = 1_000, AfterID = catalogue[^3] })).Select(m => m.ID).Should().Equal(catalogue.TakeLast(2));
        (await sdks.Models(new ModelListParams { Limit = 1_000, Lifecycle = [Lifecycle.Deprecated] })).Should().NotBeEmpty().And.OnlyContain(m => m.Lifecycle == ModelInfoLifecycle.Deprecated);
    }

    [Fact]
    public async Task Who_has_no_money_is_told_so_once_by_the_SDKs_for_dotnet()
    {
        var agent = await api.NewAgent("0.00001");
        using var sdks = new DotnetSdks(api.Address, agent.Key!);
        await api.Journal();

        foreach (var call in (Func<Task>[])[() => sdks.Chat(), () => sdks.ChatStream(), () => sdks.Response(), () => sdks.ResponseStream(), sdks.Picture])
        {
            var refused = (await FluentActions.Awaiting(call).Should().ThrowAsync<ClientResultException>()).Which;
            refused.Status.Should().Be(402);
            refused.GetRawResponse()!.Headers.TryGetValue("x-should-retry", out var retry);
            retry.Should().Be("false");
            refused.Message.Should().Contain("budget_exceeded");
        }

        foreach (var call in (Func<Task>[])[() => sdks.Message(), () => sdks.MessageStream()])
        {
            (await FluentActions.Awaiting(call).Should().ThrowAsync<AnthropicApiException>()).Which.StatusCode.Should().Be(System.Net.HttpStatusCode.PaymentRequired);
        }

        (await api.Journal()).Should().BeEmpty();
        (await GatewayApi.Lines(agent)).Should().BeEmpty("a refusal leaves nothing behind");
    }

    /// <summary>The ids of all models.</summary>
    private static async Task<List<string>> Catalogue(Agent agent)
    {
        var ids = new List<string>();
        for (var path = "/v1/models?limit=100"; path is not null;)
        {
            var page = await agent.Get(path);
            ids.AddRange(page["data"].EnumerateArray().Select(m => m.GetProperty("id").GetString()!));
            path = page["has_more"].GetBoolean() ? $"/v1/models?limit=100&cursor={page["next_cursor"].GetString()}" : null;
        }

        return ids;
    }

    private static async Task Ledger(Agent agent)
    {
        var ledger = await GatewayApi.Lines(agent);
        ledger.Where(l => l.Kind == "settle").Select(l => l.Amount).Should().Equal(s_costs);
        ledger.Count(l => l.Kind == "release").Should().Be(2, "two calls came to nothing");
        ledger.Count(l => l.Kind == "hold").Should().Be(s_costs.Length + 2);
    }
}
