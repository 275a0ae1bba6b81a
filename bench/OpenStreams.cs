using System.Globalization;
using System.Net.Http.Headers;

namespace Budgets.Bench;

/// <summary>What streams that stay open cost the host in memory.</summary>
internal static class OpenStreams
{
    private const int AtOnce = 32;
    private const int Before = 200;

    private static readonly TimeSpan s_open = TimeSpan.FromSeconds(10);

    /// <summary>Opens streams that say something every second, keeps them open for a while, and prints <c>RESULT before_mb=… open_mb=… growth_mb=…</c> of the host's resident memory.</summary>
    /// <exception cref="InvalidOperationException">A stream could not be opened, or ended by itself.</exception>
    public static async Task Run(Uri address, string keysFile, int count, int host)
    {
        var keys = await File.ReadAllLinesAsync(keysFile);
        using var http = new HttpMessageInvoker(new SocketsHttpHandler { UseProxy = false, UseCookies = false, ActivityHeadersPropagator = null });
        for (var i = 0; i < Before; i++)
        {
            using var answer = await Call(http, address, keys[i % keys.Length], ",\"stream\":true");
            await answer.Content.CopyToAsync(Stream.Null);
        }

        var before = Resident(host);
        using var end = new CancellationTokenSource();
        using var turns = new SemaphoreSlim(AtOnce);
        var opened = new CountdownEvent(count);
        var streams = Enumerable.Range(0, count).Select(i => Read(i)).ToArray();
        await Task.Run(opened.Wait);
        await Task.Delay(s_open);
        var open = Resident(host);
        var ended = streams.Count(s => s.IsCompleted);
        await end.CancelAsync();
        await Task.WhenAll(streams);
        if (ended > 0)
        {
            throw new InvalidOperationException($"{ended} streams ended by themselves.");
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"RESULT before_mb={before:F0} open_mb={open:F0} growth_mb={open - before:F0}"));

        async Task Read(int i)
        {
            await turns.WaitAsync();
            HttpResponseMessage answer;
            Stream body;
            var chunk = new byte[1_024];
            try
            {
                answer = await Call(http, address, keys[i % keys.Length], $",\"stream\":true,{ModelProvider.Lingers}:true");
                body = await answer.Content.ReadAsStreamAsync();
                _ = await body.ReadAsync(chunk);
                opened.Signal();
            }
            finally
            {
                turns.Release();
            }

            using (answer)
            {
                try
                {
                    while (await body.ReadAsync(chunk, end.Token) > 0)
                    {
                    }
                }
                catch (OperationCanceledException)
                {
                    // That was all.
                }
            }
        }
    }

    private static async Task<HttpResponseMessage> Call(HttpMessageInvoker http, Uri address, string key, string more)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(address, "/v1/chat/completions")) { Content = new ByteArrayContent(GatewayCalls.Request(more)) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
        var answer = await http.SendAsync(request, CancellationToken.None);
        return answer.IsSuccessStatusCode ? answer : throw new InvalidOperationException($"{(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync()}");
    }

    /// <summary>In MiB.</summary>
    private static double Resident(int process) =>
        long.Parse(File.ReadLines($"/proc/{process}/status").First(l => l.StartsWith("VmRSS:", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / 1024.0;
}
