using System.Text;
using System.Text.Json;
using Budgets.Recharge;
using Stripe;

namespace Budgets.Payments;

/// <summary>Reads what Stripe posts to us: whose payment it is about, and nothing else.</summary>
internal sealed class StripeNews(string secret)
{
    /// <summary>In a payment's metadata: the recharge that it is for.</summary>
    public const string Recharge = "recharge_id";

    /// <summary>In a payment's metadata: the agent that is recharged.</summary>
    public const string Agent = "agent_id";

    /// <summary>What was signed longer ago may be somebody's who has listened.</summary>
    public static readonly TimeSpan Tolerance = TimeSpan.FromSeconds(300);

    private const int LongestId = 255;

    private static readonly PaymentHint s_nothing = new(PaymentNews.Taken);

    public PaymentHint Read(ReadOnlySpan<byte> body, string signature, DateTimeOffset now)
    {
        if (!IsSigned(body, signature, now))
        {
            return new PaymentHint(PaymentNews.NotSigned);
        }

        try
        {
            using var json = JsonDocument.Parse(body.ToArray());
            return json.RootElement is { ValueKind: JsonValueKind.Object } posted ? About(posted) : s_nothing;
        }
        catch (JsonException)
        {
            // It is from Stripe all the same, and would be posted again for days.
            return s_nothing;
        }
    }

    private static PaymentHint About(JsonElement posted) =>
        Member(posted, "data") is { } data && Member(data, "object") is { } intent && Text(intent, "object") == "payment_intent"
        && Text(intent, "id") is { Length: > 0 and <= LongestId } id && Member(intent, "metadata") is { } metadata
        && Text(metadata, Agent) is { } agent && AgentId.IsWellFormed(agent)
            ? new PaymentHint(PaymentNews.Taken, new AgentId(agent), id)
            : s_nothing;

    private bool IsSigned(ReadOnlySpan<byte> body, string signature, DateTimeOffset now)
    {
        try
        {
            EventUtility.ValidateSignature(Encoding.UTF8.GetString(body), signature, secret, (long)Tolerance.TotalSeconds, now.ToUnixTimeSeconds());
            return true;
        }
        catch (Exception e) when (e is StripeException or FormatException or OverflowException or ArgumentException or IndexOutOfRangeException or KeyNotFoundException)
        {
            // Whatever a stranger writes into a header.
            return false;
        }
    }

    private static JsonElement? Member(JsonElement of, string name) =>
        of.TryGetProperty(name, out var member) && member.ValueKind == JsonValueKind.Object ? member : null;

    private static string? Text(JsonElement of, string name) =>
        of.TryGetProperty(name, out var member) && member.ValueKind == JsonValueKind.String ? member.GetString() : null;
}
