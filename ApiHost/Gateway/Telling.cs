using System.Text.Json;

namespace Budgets.ApiHost.Gateway;

/// <summary>Reads what providers tell, who may leave anything out and send anything instead.</summary>
internal static class Telling
{
    /// <summary>A count that is none: negative, broken, or not a number.</summary>
    public const long Absurd = -1;

    /// <summary>Null: it is not there, or null.</summary>
    public static JsonElement? Member(this JsonElement told, string name) =>
        told.ValueKind == JsonValueKind.Object && told.TryGetProperty(name, out var member) && member.ValueKind != JsonValueKind.Null ? member : null;

    public static string? Text(this JsonElement told, string name) => told.Member(name) is { ValueKind: JsonValueKind.String } text ? text.GetString() : null;

    /// <summary>Null: it is not told. <see cref="Absurd"/>: what is told is no count.</summary>
    public static long? Count(this JsonElement told, string name) => told.Member(name) is not { } member ? null
        : member.ValueKind == JsonValueKind.Number && member.TryGetInt64(out var count) && count >= 0 ? count
        : Absurd;

    public static bool ContainsStartOf(this ReadOnlySpan<string> starts, string text)
    {
        foreach (var start in starts)
        {
            if (text.StartsWith(start, StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }
}

/// <summary>Usage as far as it was told; null: not told.</summary>
/// <param name="Audio">Tokens that no price here is for.</param>
internal readonly record struct Told(
    long? Input = null, long? Output = null, long? CacheRead = null, long? CacheWrite = null, long? Reasoning = null, long? CacheWrite1h = null, long Audio = 0)
{
    private static bool IsCount(long? count) => count is null or (>= 0 and <= TokenUsage.Most);

    /// <summary>Nobody can have used that.</summary>
    public bool IsAbsurd => !(IsCount(Input) && IsCount(Output) && IsCount(CacheRead) && IsCount(CacheWrite) && IsCount(Reasoning) && IsCount(CacheWrite1h));

    /// <summary>What is told later is what it comes to so far.</summary>
    public Told Then(Told later) => new(
        later.Input ?? Input,
        later.Output ?? Output,
        later.CacheRead ?? CacheRead,
        later.CacheWrite ?? CacheWrite,
        later.Reasoning ?? Reasoning,
        later.CacheWrite1h ?? CacheWrite1h,
        Math.Max(Audio, later.Audio));

    public TokenUsage With(long output) => new(
        Input ?? 0, output, CacheRead ?? 0, CacheWrite ?? 0, Math.Min(Reasoning ?? 0, TokenUsage.Most), CacheWrite1hTokens: CacheWrite1h is > 0 ? CacheWrite1h : null);
}
