using System.Text.Json.Serialization;
using System.Text.RegularExpressions;

namespace Budgets.Pricing;

/// <summary>Which names a rule of the catalogue fits. Names are lower case; exactly one member is set. Patterns are read as JavaScript reads them, where they come from.</summary>
internal sealed class NameRule
{
    private Regex? _pattern;

    [JsonPropertyName("equals")]
    public string? Same { get; init; }

    public string? StartsWith { get; init; }

    public string? EndsWith { get; init; }

    public string? Contains { get; init; }

    public string? Regex { get; init; }

    public NameRule[]? Or { get; init; }

    public NameRule[]? And { get; init; }

    public bool Fits(string name) =>
        Or is not null ? Array.Exists(Or, r => r.Fits(name))
        : And is not null ? Array.TrueForAll(And, r => r.Fits(name))
        : Same is not null ? Same.Equals(name, StringComparison.OrdinalIgnoreCase)
        : StartsWith is not null ? name.StartsWith(StartsWith, StringComparison.OrdinalIgnoreCase)
        : EndsWith is not null ? name.EndsWith(EndsWith, StringComparison.OrdinalIgnoreCase)
        : Contains is not null ? name.Contains(Contains, StringComparison.OrdinalIgnoreCase)
        : Regex is not null && (_pattern ??= new Regex(Regex, RegexOptions.ECMAScript)).IsMatch(name);
}
