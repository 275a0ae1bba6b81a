using System.Globalization;

namespace Budgets;

/// <summary>Texts from outside, whichever way they come.</summary>
public static class Texts
{
    /// <summary>What is wrong with a text that must have 1 to <paramref name="max"/> characters and no control characters; null: nothing.</summary>
    public static string? FaultOf(string text, int max) =>
        text.Length == 0 || text.Length > max ? string.Create(CultureInfo.InvariantCulture, $"must have 1 to {max} characters")
        : text.AsSpan().IndexOfAnyInRange('\0', '\x1f') >= 0 || text.Contains('\x7f', StringComparison.Ordinal) ? "must not contain control characters"
        : null;

    /// <summary>A stranger's text where a line's end would be the end of a header, or a subject.</summary>
    public static string InOneLine(string text) => string.Concat(text.Select(c => char.IsControl(c) || c is '\u2028' or '\u2029' ? ' ' : c));

    /// <summary>At most so many characters, with "…" where some are missing; no character outside the basic plane is cut in two.</summary>
    public static string Shortened(string text, int max) => text.Length <= max ? text : text[..(char.IsHighSurrogate(text[max - 2]) ? max - 2 : max - 1)] + "…";
}
