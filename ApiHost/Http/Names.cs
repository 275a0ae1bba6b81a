using System.Collections.Frozen;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;

namespace Budgets.ApiHost.Http;

/// <summary>The names under which the contract knows an enum's members: snake_case of ours ("Last30Days" is last_30_days).</summary>
internal static class Names<T>
    where T : struct, Enum
{
    private static readonly T[] Members = Enum.GetValues<T>();

    private static readonly int First = Unsafe.BitCast<T, int>(Members[0]);

    // By number; one that no member has is empty.
    private static readonly JsonEncodedText[] Encoded =
        [.. Enumerable.Range(First, Unsafe.BitCast<T, int>(Members[^1]) - First + 1).Select(n => Members.Contains(Unsafe.BitCast<int, T>(n)) ? JsonEncodedText.Encode(Snake.Of($"{Unsafe.BitCast<int, T>(n)}")) : default)];

    private static readonly FrozenDictionary<string, T> Values = Members.ToFrozenDictionary(m => Snake.Of(m.ToString()), StringComparer.Ordinal);

    /// <summary>All of them, in order.</summary>
    public static IEnumerable<string> All => Members.Select(m => Of(m).Value);

    /// <summary>For messages: "today, yesterday, this_week".</summary>
    public static string Listed { get; } = string.Join(", ", All);

    // Every enum of the contract counts up from its first member, with few gaps, so that its number is its place.
    public static JsonEncodedText Of(T value) => Encoded[Unsafe.BitCast<T, int>(value) - First];

    public static bool TryParse(string? name, out T value)
    {
        value = default;
        return name is not null && Values.TryGetValue(name, out value);
    }
}

internal static class Snake
{
    public static string Of(string pascal)
    {
        var snake = new StringBuilder(pascal.Length + 4);
        for (var i = 0; i < pascal.Length; i++)
        {
            var starts = char.IsUpper(pascal[i]) || (char.IsDigit(pascal[i]) && i > 0 && !char.IsDigit(pascal[i - 1]));
            snake.Append(starts && i > 0 ? "_" : "").Append(char.ToLowerInvariant(pascal[i]));
        }

        return snake.ToString();
    }
}
