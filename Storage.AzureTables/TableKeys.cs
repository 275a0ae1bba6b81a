using System.Globalization;
using System.Text;

namespace Budgets.Storage.AzureTables;

/// <summary>Keys as Orleans' own providers for Azure Tables write them, so that either can read what the other has stored; and keys of our own.</summary>
/// <remarks>Theirs: different texts may get one key: whoever makes a key of a text that others choose stores the text as well, and compares it.</remarks>
internal static class TableKeys
{
    private const int TooLong = 1024;

    /// <exception cref="ArgumentException">No key can be made of it: it is too long, or has control characters.</exception>
    public static string Sanitize(string text)
    {
        if (text.Length >= TooLong || text.Any(char.IsControl))
        {
            throw new ArgumentException($"'{text}' cannot be a key in a table: it has control characters, or {TooLong} characters or more.", nameof(text));
        }

        return string.Concat(text.Select(c => IsForbidden(c) ? '_' : c));
    }

    /// <summary>For keys of our own making: different texts have different keys, of ASCII letters, digits and "_-.!".</summary>
    public static string Escape(string text)
    {
        var key = new StringBuilder(text.Length);
        foreach (var c in text)
        {
            _ = char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '.' ? key.Append(c) : key.Append('!').Append(((int)c).ToString("X4", CultureInfo.InvariantCulture));
        }

        return key.ToString();
    }

    /// <summary>Whether another text may have the same key.</summary>
    public static bool IsShared(string text) => text.Any(c => IsForbidden(c) || c == '_');

    private static bool IsForbidden(char c) => c is '/' or '\\' or '#' or '?';
}
