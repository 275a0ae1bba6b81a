namespace Budgets.Tests.Gateway;

/// <summary>The same host, with tiers of models.</summary>
public sealed class RoutedApi : GatewayApi
{
    public new const string Name = "routed";

    public const string Small = "gpt-4o-mini";
    public const string Middle = "gpt-4.1-mini";
    public const string Large = "gpt-4o";
    public const string Broken = """{"error":{"message":"x"}}""";

    /// <summary>What a <see cref="Completion"/> tells.</summary>
    public static readonly TokenUsage Used = new(11, 9);

    public RoutedApi() => Settings =
    [
        "--Budgets:Gateway:Routing:Simple:Models", $"{Small}, claude-haiku-4-5", "--Budgets:Gateway:Routing:Simple:ExpectedQuality", "0.85",
        "--Budgets:Gateway:Routing:Medium:Models", $"{Middle}, claude-sonnet-4-5, mistral-large-latest", "--Budgets:Gateway:Routing:Medium:ExpectedQuality", "0.9",
        "--Budgets:Gateway:Routing:Complex:Models", $"{Large}, claude-opus-4-5", "--Budgets:Gateway:Routing:Complex:ExpectedQuality", "0.98",
        "--Budgets:Gateway:Routing:FallbackNamed", "true",
    ];

    /// <summary>The provider answers by the model that is asked.</summary>
    public void Answers(params (string Model, int Status, string Body)[] answers) => Provider.Answer = async (http, body) =>
    {
        var model = ModelOf(body);
        var (_, status, said) = answers.FirstOrDefault(a => a.Model == model);
        http.Response.StatusCode = status == 0 ? 200 : status;
        http.Response.ContentType = "application/json";
        await Microsoft.AspNetCore.Http.HttpResponseWritingExtensions.WriteAsync(http.Response, said ?? Completion(model));
    };

    public static string ModelOf(string body)
    {
        using var json = System.Text.Json.JsonDocument.Parse(body);
        return json.RootElement.GetProperty("model").GetString()!;
    }

    public static string Completion(string model, string content = "\"Hi there\"", string more = "", string finish = "stop") =>
        $$$"""{"id":"c1","object":"chat.completion","created":1,"model":"{{{model}}}","choices":[{"index":0,"message":{"role":"assistant","content":{{{content}}}{{{more}}}},"finish_reason":"{{{finish}}}"}],"usage":{"prompt_tokens":11,"completion_tokens":9,"total_tokens":20}}""";
}

[CollectionDefinition(RoutedApi.Name)]
public sealed class RoutedCollection : ICollectionFixture<RoutedApi>;
