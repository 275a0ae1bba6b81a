using System.Buffers.Text;
using System.Security.Cryptography;

namespace Budgets;

/// <summary>What a webhook's sender and its receiver both know: "whsec_" and base64 of 24 to 64 bytes, as Standard Webhooks 1.0 has it.</summary>
public static class WebhookSecret
{
    public const string Prefix = "whsec_";

    private const int Length = 32;
    private const int ShortestLength = 24;
    private const int LongestLength = 64;

    /// <returns>A new one, of 32 random bytes.</returns>
    public static string Make() => Prefix + Convert.ToBase64String(RandomNumberGenerator.GetBytes(Length));

    /// <returns>The key to sign with; null: the text is no secret. A short key, and so an empty one, is none: anybody could sign with it.</returns>
    public static byte[]? Parse(string? text)
    {
        if (text is null || !text.StartsWith(Prefix, StringComparison.Ordinal) || !Base64.IsValid(text.AsSpan(Prefix.Length), out var length)
            || length is < ShortestLength or > LongestLength)
        {
            return null;
        }

        return Convert.FromBase64String(text[Prefix.Length..]);
    }
}
