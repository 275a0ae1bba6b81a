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
}
