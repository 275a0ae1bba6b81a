using System.Collections.Immutable;

namespace Budgets.ApiHost.Gateway;

/// <summary>Why a call went to the model it went to. The ledger has it as a tag, "route:" and the reason.</summary>
internal static class Reasons
{
    public const string Fallback = "fallback";
    public const string Economy = "economy";

    public const string NoComplexity = "must be simple, medium or complex";

    private const string Tag = "route:";
    private const string Auto = Asking.Auto + ":";

    /// <summary>"auto:simple", "auto:simple:fallback", "auto:simple:economy".</summary>
    public static string OfAuto(Complexity complexity, string? more) => Auto + complexity.Word() + (more is null ? "" : ":" + more);

    /// <param name="told">The caller's own, which come first; a sixteenth leaves no room for ours.</param>
    public static ImmutableArray<string> TagsOf(Asking asking, ImmutableArray<string> told) =>
        asking.Reason is { } reason && told.Length < Purpose.MaxTags ? [.. told, Tag + reason] : told;

    /// <summary>How hard the task of a call was taken to be; null: its model was named.</summary>
    public static Complexity? ComplexityOf(ImmutableArray<string> tags)
    {
        var tag = tags.IsDefault ? null : tags.LastOrDefault(t => t.StartsWith(Tag + Auto, StringComparison.Ordinal));
        return tag?[(Tag + Auto).Length..].Split(':')[0] is { } word ? Read(word) : null;
    }

    /// <summary>Null: it is none of them.</summary>
    public static Complexity? Read(string? word) => word switch
    {
        "simple" => Complexity.Simple,
        "medium" => Complexity.Medium,
        "complex" => Complexity.Complex,
        _ => null,
    };

    private static string Word(this Complexity complexity) => complexity switch
    {
        Complexity.Simple => "simple",
        Complexity.Medium => "medium",
        _ => "complex",
    };
}
