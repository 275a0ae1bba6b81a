using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;

namespace Budgets.Bench;

/// <summary>One client that sends its next request when it has the answer to the last one, and times each of them.</summary>
/// <remarks>
/// wrk corrects its percentiles for the requests that a client would have sent while it was kept waiting. That is right for traffic that comes from outside;
/// here it makes one stop of 40 ms, whatever it is that stops, count as a hundred slow requests. The bench shows both.
/// </remarks>
internal static class Latency
{
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(1);

    /// <summary>Prints <c>RESULT requests=N p50_ms=… p99_ms=…</c>. Each request spends as an agent drawn by lot, with an idempotency key of its own.</summary>
    /// <exception cref="InvalidOperationException">An answer is not 201.</exception>
    public static async Task Run(Uri address, string path, string keysFile, TimeSpan duration)
    {
        var keys = await File.ReadAllLinesAsync(keysFile);
        using var client = new HttpClient { BaseAddress = address };
        await Measure(client, path, keys, WarmUp);
        var took = await Measure(client, path, keys, duration);
        took.Sort();
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"RESULT requests={took.Count} p50_ms={Percentile(took, 50):F3} p99_ms={Percentile(took, 99):F3}"));
    }

    private static async Task<List<double>> Measure(HttpClient client, string path, string[] keys, TimeSpan duration)
    {
        var took = new List<double>(1 << 20);
        for (var begun = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(begun) < duration;)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, path)
            {
                Content = new StringContent("""{"amount":0.000075,"model":"gpt-5","operation":"chat"}""", Encoding.UTF8, "application/json"),
            };
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", keys[Random.Shared.Next(keys.Length)]);
            request.Headers.Add("Idempotency-Key", Guid.NewGuid().ToString());
            var sent = Stopwatch.GetTimestamp();
            using var response = await client.SendAsync(request);
            took.Add(Stopwatch.GetElapsedTime(sent).TotalMilliseconds);
            if (response.StatusCode != HttpStatusCode.Created)
            {
                throw new InvalidOperationException($"{path}: {(int)response.StatusCode} {await response.Content.ReadAsStringAsync()}");
            }
        }

        return took;
    }

    public static double Percentile(List<double> sorted, int percent) => sorted[(int)Math.Ceiling(sorted.Count * percent / 100.0) - 1];
}
