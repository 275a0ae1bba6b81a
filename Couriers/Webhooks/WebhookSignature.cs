using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Budgets.Delivery;

namespace Budgets.Couriers.Webhooks;

/// <summary>Signs as Standard Webhooks 1.0 has it: HMAC-SHA256 over "id.timestamp.body".</summary>
internal static class WebhookSignature
{
    private const string Version = "v1,";

    /// <returns>The value of webhook-timestamp: whole seconds since 1970.</returns>
    public static string Timestamp(DateTimeOffset at) => at.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);

    /// <returns>The value of webhook-signature, one signature with each secret; null: there is none, or one that is no secret, and nothing goes out that cannot be told from a forgery.</returns>
    public static string? Of(string id, string timestamp, ReadOnlySpan<byte> body, ImmutableArray<string> secrets)
    {
        if (secrets.IsDefaultOrEmpty)
        {
            return null;
        }

        byte[] signed = [.. Encoding.UTF8.GetBytes($"{id}.{timestamp}."), .. body];
        var value = new StringBuilder();
        foreach (var secret in secrets)
        {
            if (WebhookSecret.Parse(secret) is not { } key)
            {
                return null;
            }

            value.Append(value.Length == 0 ? "" : " ").Append(Version).Append(Convert.ToBase64String(HMACSHA256.HashData(key, signed)));
        }

        return value.ToString();
    }
}
