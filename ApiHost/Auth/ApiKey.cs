using System.IO.Hashing;
using System.Security.Cryptography;
using System.Text;

namespace Budgets.ApiHost.Auth;

/// <summary>
/// The form of a key: a prefix, 30 random base62 characters (178 bits), and the CRC32 of all before as 6 base62 characters,
/// so that a mistyped key, or one of another service, is refused before any store is touched.
/// </summary>
/// <remarks>Regular expression: <c>ab[kom]_[0-9A-Za-z]{36}</c>. The form is GitHub's.</remarks>
internal static class ApiKey
{
    public const string AgentPrefix = "abk_";
    public const string OperatorPrefix = "abo_";

    /// <summary>Of the key that reads /metrics and opens nothing else.</summary>
    public const string MetricsPrefix = "abm_";

    public const int Length = 40;

    private const int PrefixLength = 4;
    private const int RandomLength = 30;
    private const int CheckLength = 6;

    /// <summary>A new key, from the system's cryptographic generator.</summary>
    public static string New(string prefix)
    {
        var unchecked_ = Base62.Random(prefix, RandomLength);
        return unchecked_ + Check(unchecked_);
    }

    public static bool IsWellFormed(ReadOnlySpan<char> key, string prefix) =>
        key.Length == Length
        && key.StartsWith(prefix, StringComparison.Ordinal)
        && Base62.IsBase62(key[PrefixLength..])
        && key[^CheckLength..].SequenceEqual(Check(key[..^CheckLength]));

    /// <summary>All that is kept of a key. High entropy needs no slow hash.</summary>
    /// <param name="key">Well-formed, hence ASCII and of <see cref="Length"/>.</param>
    public static KeyDigest Digest(ReadOnlySpan<char> key)
    {
        Span<byte> ascii = stackalloc byte[Length];
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        Encoding.ASCII.GetBytes(key, ascii);
        SHA256.HashData(ascii, hash);
        return KeyDigest.Read(hash);
    }

    /// <summary>Prefix and last four characters, for people to tell keys apart.</summary>
    public static string Hint(string key) => $"{key[..PrefixLength]}…{key[^4..]}";

    private static string Check(ReadOnlySpan<char> text)
    {
        Span<byte> ascii = stackalloc byte[PrefixLength + RandomLength];
        Encoding.ASCII.GetBytes(text, ascii);
        return Base62.Encode(Crc32.HashToUInt32(ascii), CheckLength);
    }
}
