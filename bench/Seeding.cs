using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace Budgets.Bench;

/// <summary>Makes agents through the API and writes their keys to files for wrk: many with room to spend, one of them hot, one exhausted.</summary>
internal static class Seeding
{
    private const int AtOnce = 32;
    private const int FanOut = 10;
    private const string Ample = "1000000000";

    /// <summary>Writes agents.keys, hot.keys and exhausted.keys, one key a line. The operator key comes from Budgets__OperatorKey.</summary>
    public static async Task Run(int agents, Uri address, string directory)
    {
        using var client = new HttpClient { BaseAddress = address };
        var operatorKey = OperatorKey();
        var keys = new ConcurrentBag<string>();
        await Parallel.ForEachAsync(
            Enumerable.Range(0, agents),
            new ParallelOptions { MaxDegreeOfParallelism = AtOnce },
            async (n, _) => keys.Add(await Open(client, operatorKey, $"agent {n.ToString(CultureInfo.InvariantCulture)}", Ample)));
        await File.WriteAllLinesAsync(Path.Combine(directory, "agents.keys"), keys);
        await File.WriteAllLinesAsync(Path.Combine(directory, "hot.keys"), [await Open(client, operatorKey, "hot", Ample)]);

        var exhausted = await Open(client, operatorKey, "exhausted", "1");
        await Post(client, "/v1/charges", exhausted, """{"amount":1}""");
        await File.WriteAllLinesAsync(Path.Combine(directory, "exhausted.keys"), [exhausted]);
    }

    /// <summary>Writes leaves.keys, a thousand leaves at depth 4 under the cap of one root, and alone.keys, as many agents without parents.</summary>
    public static async Task Trees(Uri address, string directory)
    {
        using var client = new HttpClient { BaseAddress = address };
        var operatorKey = OperatorKey();
        List<string> level = [await Open(client, operatorKey, "root", Ample)];
        for (var depth = 2; depth <= 4; depth++)
        {
            var below = new ConcurrentBag<string>();
            await Parallel.ForEachAsync(
                level.SelectMany(parent => Enumerable.Repeat(parent, FanOut)),
                new ParallelOptions { MaxDegreeOfParallelism = AtOnce },
                async (parent, _) => below.Add((await Post(client, "/v1/agents/create-child", parent, $$"""{"child_name":"child","daily_budget":{{Ample}}}""")).GetProperty("api_key").GetString()!));
            level = [.. below];
        }

        await File.WriteAllLinesAsync(Path.Combine(directory, "leaves.keys"), level);
        var alone = new ConcurrentBag<string>();
        await Parallel.ForEachAsync(level, new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (_, _) => alone.Add(await Open(client, operatorKey, "alone", Ample)));
        await File.WriteAllLinesAsync(Path.Combine(directory, "alone.keys"), alone);
    }

    private static string OperatorKey() => Environment.GetEnvironmentVariable("Budgets__OperatorKey")
        ?? throw new InvalidOperationException("Budgets__OperatorKey must hold the host's operator key.");

    private static async Task<string> Open(HttpClient client, string operatorKey, string name, string dailyLimit)
    {
        var agent = await Post(client, "/v1/agents", operatorKey, $$$"""{"name":"{{{name}}}","budget":{"daily_limit":{{{dailyLimit}}}}}""");
        return agent.GetProperty("api_key").GetString()!;
    }

    private static async Task<JsonElement> Post(HttpClient client, string path, string key, string body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
        using var response = await client.SendAsync(request);
        var answer = await response.Content.ReadAsStringAsync();
        return response.IsSuccessStatusCode
            ? JsonSerializer.Deserialize<JsonElement>(answer)
            : throw new InvalidOperationException($"{path}: {(int)response.StatusCode} {answer}");
    }
}
