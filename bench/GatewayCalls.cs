using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;

namespace Budgets.Bench;

/// <summary>A way to the provider: none between, ours, or another's.</summary>
/// <param name="Keys">Taken in turn.</param>
internal sealed record Way(string Name, Uri Address, string[] Keys, bool NamesItsHost = false);

/// <summary>The same calls by several ways, in turns, by one client: what a gateway adds is the difference to the direct way.</summary>
internal sealed class GatewayCalls(Way[] ways, Uri provider) : IDisposable
{
    private const int AtOnce = 64;

    private static readonly TimeSpan s_warmUp = TimeSpan.FromSeconds(1);

    private static readonly byte[] s_whole = Request("");
    private static readonly byte[] s_streamed = Request(",\"stream\":true");

    private readonly HttpMessageInvoker _http = new(new SocketsHttpHandler { UseProxy = false, UseCookies = false, ActivityHeadersPropagator = null });
    private readonly int[] _calls = new int[ways.Length];
    private int _turn;

    /// <summary>Prints a table, and how many calls our gateway answered.</summary>
    public static async Task Run(Uri provider, Uri ours, Uri? other, string keysFile, int rounds, TimeSpan each)
    {
        Way[] ways = [new("direct", provider, ["sk-bench"]), new("ours", ours, await File.ReadAllLinesAsync(keysFile)), .. other is null ? [] : new[] { new Way("Portkey", other, ["sk-bench"], NamesItsHost: true) }];
        using var calls = new GatewayCalls(ways, provider);
        Console.WriteLine($"| added to a direct call, ms | direct p50 | {string.Join(" | ", ways.Skip(1).Select(w => $"{w.Name} p50 | {w.Name} p99"))} |");
        Console.WriteLine($"|---|---|{string.Concat(Enumerable.Repeat("---|---|", ways.Length - 1))}");
        await calls.WarmUp();
        await calls.Row("one after the other, whole answers", streams: false, 1, rounds, each);
        await calls.Row("one after the other, first byte of a stream", streams: true, 1, rounds, each);
        await calls.Row($"{AtOnce} at once, whole answers", streams: false, AtOnce, rounds, each);
        await calls.Row($"{AtOnce} at once, first byte of a stream", streams: true, AtOnce, rounds, each);
        Console.WriteLine($"RESULT calls={calls._calls[1]}");
    }

    /// <summary>A call of a usual size, about 1 KB.</summary>
    /// <param name="more">Members, a comma before them.</param>
    public static byte[] Request(string more) => System.Text.Encoding.UTF8.GetBytes(
        $$"""{"model":"gpt-4o-mini","max_tokens":200,"messages":[{"role":"system","content":"{{string.Concat(Enumerable.Repeat("You answer in one or two sentences, and you only say what you know. ", 12))}}"},{"role":"user","content":"When does the first ferry leave, and how long does it take to the island?"}]{{more}}}""");

    public void Dispose() => _http.Dispose();

    /// <summary>Until all that is run often is compiled for it.</summary>
    private async Task WarmUp()
    {
        foreach (var streams in new[] { false, true, false })
        {
            await Round(streams, AtOnce, 2 * s_warmUp);
        }
    }

    private async Task Row(string name, bool streams, int atOnce, int rounds, TimeSpan each)
    {
        await Round(streams, atOnce, s_warmUp);
        var direct = new List<double>();
        var p50 = ways.Select(_ => new List<double>()).ToArray();
        var p99 = ways.Select(_ => new List<double>()).ToArray();
        for (var round = 0; round < rounds; round++)
        {
            foreach (var (w, straight, by) in await Round(streams, atOnce, each))
            {
                direct.Add(Latency.Percentile(straight, 50));
                p50[w].Add(Latency.Percentile(by, 50) - Latency.Percentile(straight, 50));
                p99[w].Add(Latency.Percentile(by, 99) - Latency.Percentile(straight, 99));
            }
        }

        var cells = Enumerable.Range(1, ways.Length - 1).Select(w => $"{Median(p50[w])} | {Median(p99[w])}");
        Console.WriteLine($"| {name} | {Median(direct)} | {string.Join(" | ", cells)} |");
    }

    /// <summary>How long calls took by each gateway, and straight to the provider beside them, sorted.</summary>
    /// <remarks>
    /// Single calls by one gateway alternate with direct ones, so that the noise of the machine meets both alike. Not all gateways in one turn: each would be measured right after another
    /// has had the processor. Crowds take turns.
    /// </remarks>
    private async Task<List<(int Way, List<double> Direct, List<double> By)>> Round(bool streams, int atOnce, TimeSpan each)
    {
        var all = new List<(int Way, List<double> Direct, List<double> By)>();
        var crowd = atOnce == 1 ? [] : await Crowd(0, streams, atOnce, each);
        for (var w = 1; w < ways.Length; w++)
        {
            var (direct, by) = atOnce == 1 ? await InTurn(w, streams, each) : (crowd, await Crowd(w, streams, atOnce, each));
            by.Sort();
            direct.Sort();
            all.Add((w, direct, by));
        }

        return all;
    }

    private async Task<(List<double> Direct, List<double> By)> InTurn(int w, bool streams, TimeSpan each)
    {
        var (direct, by) = (new List<double>(), new List<double>());
        for (var begun = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(begun) < each;)
        {
            direct.Add(await One(0, streams));
            by.Add(await One(w, streams));
        }

        return (direct, by);
    }

    private async Task<List<double>> Crowd(int w, bool streams, int atOnce, TimeSpan each)
    {
        var begun = Stopwatch.GetTimestamp();
        var took = await Task.WhenAll(Enumerable.Range(0, atOnce).Select(_ => Task.Run(async () =>
        {
            var mine = new List<double>();
            while (Stopwatch.GetElapsedTime(begun) < each)
            {
                mine.Add(await One(w, streams));
            }

            return mine;
        })));
        return [.. took.SelectMany(m => m)];
    }

    /// <returns>Milliseconds until the answer is there, or the first byte of its body if it is a stream.</returns>
    /// <exception cref="InvalidOperationException">An answer is not 200, or has no body.</exception>
    private async Task<double> One(int w, bool streams)
    {
        var way = ways[w];
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(way.Address, "/v1/chat/completions")) { Content = new ByteArrayContent(streams ? s_streamed : s_whole) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", way.Keys[(uint)Interlocked.Increment(ref _turn) % way.Keys.Length]);
        if (way.NamesItsHost)
        {
            request.Headers.Add("x-portkey-provider", "openai");
            request.Headers.Add("x-portkey-custom-host", $"{provider}v1");
        }

        var chunk = new byte[4_096];
        var sent = Stopwatch.GetTimestamp();
        using var answer = await _http.SendAsync(request, CancellationToken.None);
        await using var body = await answer.Content.ReadAsStreamAsync();
        var read = await body.ReadAsync(chunk);
        var first = Stopwatch.GetElapsedTime(sent).TotalMilliseconds;
        if (answer.StatusCode != HttpStatusCode.OK || read == 0)
        {
            throw new InvalidOperationException($"{way.Name}: {(int)answer.StatusCode} {System.Text.Encoding.UTF8.GetString(chunk, 0, read)}");
        }

        while (await body.ReadAsync(chunk) > 0)
        {
        }

        Interlocked.Increment(ref _calls[w]);
        return streams ? first : Stopwatch.GetElapsedTime(sent).TotalMilliseconds;
    }

    private static string Median(IEnumerable<double> figures) => figures.Order().ToArray() is var sorted && sorted.Length % 2 == 1
        ? string.Create(CultureInfo.InvariantCulture, $"{sorted[sorted.Length / 2]:F3}")
        : string.Create(CultureInfo.InvariantCulture, $"{(sorted[(sorted.Length / 2) - 1] + sorted[sorted.Length / 2]) / 2:F3}");
}
