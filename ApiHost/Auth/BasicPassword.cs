using System.Text;

namespace Budgets.ApiHost.Auth;

/// <summary>The password of HTTP Basic (RFC 7617), where it has the length of a key; the user name may be anything.</summary>
internal static class BasicPassword
{
    private const string Scheme = "Basic ";

    // A user name has a hundred characters at most.
    private const int MostBytes = 100 + 1 + ApiKey.Length;

    /// <param name="password">Of the length of a key.</param>
    /// <returns>False: the header is not Basic, or holds nothing that could be a key.</returns>
    public static bool Read(ReadOnlySpan<char> header, Span<char> password)
    {
        Span<byte> pair = stackalloc byte[MostBytes];
        if (!header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) || !Convert.TryFromBase64Chars(header[Scheme.Length..].Trim(' '), pair, out var length))
        {
            return false;
        }

        pair = pair[..length];
        var key = pair[(pair.IndexOf((byte)':') + 1)..];
        return key.Length == ApiKey.Length && key.Length < length && Ascii.IsValid(key) && Encoding.ASCII.GetChars(key, password) == ApiKey.Length;
    }
}
