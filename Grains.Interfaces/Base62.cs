using System.Buffers;
using System.Security.Cryptography;

namespace Budgets;

/// <summary>Random text of the characters 0-9, A-Z, a-z: what ids and keys are made of (5.95 bits a character).</summary>
public static class Base62
{
    internal const string Alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    internal static SearchValues<char> Characters { get; } = SearchValues.Create(Alphabet);

    public static bool IsBase62(ReadOnlySpan<char> text) => !text.ContainsAnyExcept(Characters);

    /// <summary>A prefix and <paramref name="length"/> random characters from the system's cryptographic generator.</summary>
    public static string Random(string prefix, int length) =>
        string.Create(prefix.Length + length, prefix, static (span, prefix) =>
        {
            prefix.CopyTo(span);
            RandomNumberGenerator.GetItems(Alphabet, span[prefix.Length..]);
        });

    /// <summary>A number as base62 digits, most significant first, padded with '0' to <paramref name="length"/>.</summary>
    public static string Encode(ulong number, int length) =>
        string.Create(length, number, static (span, number) =>
        {
            for (var i = span.Length - 1; i >= 0; i--)
            {
                span[i] = Alphabet[(int)(number % 62)];
                number /= 62;
            }
        });
}
