using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace Budgets.Tests.Crash;

/// <param name="Status">0: no answer came.</param>
/// <param name="SaysWhen">It has a Retry-After.</param>
internal readonly record struct Answer(int Status, JsonElement Body, bool Replayed, bool SaysWhen)
{
    /// <summary>Whether it happened is not known, or not yet.</summary>
    public bool IsUnknown => Status is 0 or 503;

    public string Code => Status == 0 ? "no answer" : Body.TryGetProperty("code", out var code) ? code.GetString()! : "no code";
}

/// <summary>The contract over HTTP, towards one life of the process, or towards several of them in turn.</summary>
internal sealed class Rest(params Uri[] addresses) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly HttpClient[] _hosts = [.. addresses.Select(a => new HttpClient { BaseAddress = a, Timeout = TimeSpan.FromSeconds(60) })];
    private int _next;

    public void Dispose() => Array.ForEach(_hosts, h => h.Dispose());

    public Task<Answer> Get(string path, string apiKey) => Send(HttpMethod.Get, path, apiKey);

    public Task<Answer> Post(string path, string apiKey, string body, string? idempotencyKey = null) =>
        Send(HttpMethod.Post, path, apiKey, body, idempotencyKey);

    public Task<Answer> Delete(string path, string apiKey) => Send(HttpMethod.Delete, path, apiKey);

    /// <summary>Tries again until there is an answer.</summary>
    public Task<Answer> PostUntilAnswered(string path, string apiKey, string body, string? idempotencyKey) =>
        UntilAnswered(() => Post(path, apiKey, body, idempotencyKey));

    /// <summary>Tries again until there is an answer.</summary>
    public static async Task<Answer> UntilAnswered(Func<Task<Answer>> ask)
    {
        using var pause = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        var (began, tries) = (Stopwatch.GetTimestamp(), 1);
        for (var answer = await ask(); ; answer = await ask(), tries++)
        {
            if (!answer.IsUnknown)
            {
                return answer;
            }

            if (Stopwatch.GetElapsedTime(began) > Patience)
            {
                throw new TimeoutException($"No answer for {Patience.TotalSeconds:0} s, which were {tries} tries; the last one: {answer.Status} {answer.Code}.");
            }

            await pause.WaitForNextTickAsync();
        }
    }

    private async Task<Answer> Send(HttpMethod method, string path, string apiKey, string? body = null, string? idempotencyKey = null)
    {
        using var request = new HttpRequestMessage(method, path);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", apiKey);
        if (idempotencyKey is not null)
        {
            request.Headers.Add("Idempotency-Key", idempotencyKey);
        }

        if (body is not null)
        {
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        }

        try
        {
            using var response = await _hosts[(uint)Interlocked.Increment(ref _next) % _hosts.Length].SendAsync(request);
            var bytes = await response.Content.ReadAsByteArrayAsync();
            using var json = JsonDocument.Parse(bytes);
            return new Answer((int)response.StatusCode, json.RootElement.Clone(), response.Headers.Contains("Idempotent-Replayed"), response.Headers.RetryAfter is not null);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or JsonException)
        {
            return default;
        }
    }
}
