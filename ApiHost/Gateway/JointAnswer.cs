using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;

namespace Budgets.ApiHost.Gateway;

/// <summary>What a provider answered to several at once, to be told to each as if it had been asked alone.</summary>
internal static class JointAnswer
{
    private static readonly string[] s_passed = ["retry-after", "retry-after-ms", "x-should-retry", "x-request-id"];

    /// <summary>One of them may be at fault; then the others are not to hear of it.</summary>
    public static bool MayBeOnesFault(HttpStatusCode status) => status is HttpStatusCode.BadRequest or HttpStatusCode.RequestEntityTooLarge or HttpStatusCode.UnprocessableEntity;

    /// <summary>The same for everybody: whatever it is, nobody's text is in it.</summary>
    public static HttpResponseMessage Copy(HttpResponseMessage answer, byte[] body)
    {
        var copy = new HttpResponseMessage(answer.StatusCode) { Content = new ByteArrayContent(body) };
        copy.Content.Headers.ContentType = answer.Content.Headers.ContentType;
        foreach (var name in s_passed)
        {
            if (answer.Headers.TryGetValues(name, out var values))
            {
                copy.Headers.TryAddWithoutValidation(name, values);
            }
        }

        return copy;
    }

    /// <summary>To each its own embedding and its share of the usage, in order.</summary>
    /// <exception cref="IOException">It is no answer to so many.</exception>
    public static IReadOnlyList<HttpResponseMessage> Split(byte[] body, ReadOnlySpan<int> weights)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            var root = document.RootElement;
            var own = new JsonElement[weights.Length];
            foreach (var one in root.GetProperty("data").EnumerateArray())
            {
                own[one.GetProperty("index").GetInt32()] = one.GetProperty("embedding").ValueKind is JsonValueKind.Array or JsonValueKind.String ? one : default;
            }

            if (root.GetProperty("data").GetArrayLength() != own.Length || Array.Exists(own, o => o.ValueKind != JsonValueKind.Object))
            {
                throw new IOException("A joint call was not answered to everybody.");
            }

            var input = SharesOf(root, "prompt_tokens", weights);
            var total = SharesOf(root, "total_tokens", weights);
            return [.. own.Select((o, i) => One(Write(root, o, input?[i], total?[i])))];
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException or IndexOutOfRangeException or FormatException)
        {
            throw new IOException("A joint call was answered with something that is no list of embeddings.", e);
        }
    }

    /// <summary>Null: it is not told, or is no count. Then everybody's input counts for the most that it can be.</summary>
    private static long[]? SharesOf(JsonElement root, string name, ReadOnlySpan<int> weights) =>
        root.Member("usage")?.Count(name) is >= 0 and <= TokenUsage.Most and var told ? Shares.Of(told, weights) : null;

    private static byte[] Write(JsonElement root, JsonElement own, long? input, long? total)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            json.WriteString("object"u8, "list"u8);
            json.WriteStartArray("data"u8);
            json.WriteStartObject();
            foreach (var member in own.EnumerateObject())
            {
                if (member.NameEquals("index"u8))
                {
                    json.WriteNumber("index"u8, 0);
                }
                else
                {
                    member.WriteTo(json);
                }
            }

            json.WriteEndObject();
            json.WriteEndArray();
            if (root.Text("model") is { } model)
            {
                json.WriteString("model"u8, model);
            }

            if (input is { } inputTokens)
            {
                json.WriteStartObject("usage"u8);
                json.WriteNumber("prompt_tokens"u8, inputTokens);
                json.WriteNumber("total_tokens"u8, total ?? inputTokens);
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        return bytes.ToArray();
    }

    private static HttpResponseMessage One(byte[] body)
    {
        var one = new HttpResponseMessage(HttpStatusCode.OK) { Content = new ByteArrayContent(body) };
        one.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        return one;
    }
}
