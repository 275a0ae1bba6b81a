using System.Collections.Immutable;
using System.Globalization;

namespace Budgets.ApiHost.Gateway;

/// <summary>Models that are good enough for tasks of one kind.</summary>
/// <param name="ExpectedQuality">What they do such tasks with, 0 to 1, until their answers are rated.</param>
internal sealed record Tier(Complexity Complexity, ImmutableArray<string> Models, double ExpectedQuality);

/// <summary>The operator's models, from those for simple tasks on. Without any there is no "auto".</summary>
/// <remarks>
/// Settings <c>Budgets:Gateway:Routing:Simple|Medium|Complex:Models|ExpectedQuality</c>, <c>QualityThreshold</c> (default 0.8) and <c>FallbackNamed</c>
/// (environment: <c>Budgets__Gateway__Routing__Simple__Models=gpt-4o-mini,claude-haiku-4-5</c>).
/// </remarks>
internal sealed record Tiers(ImmutableArray<Tier> All, double QualityThreshold, bool FallbackNamed)
{
    public const string Section = "Budgets:Gateway:Routing";

    private const int MostModels = 16;
    private const double UsualThreshold = 0.8;

    private static readonly string[] s_names = ["Simple", "Medium", "Complex"];

    public bool AreSet => !All.IsEmpty;

    public IEnumerable<(string Model, Tier Tier)> Models => All.SelectMany(t => t.Models, (t, m) => (m, t));

    /// <summary>The number of the tier that a model is in; null: in none.</summary>
    public int? Of(string model) => All.FirstOrDefault(t => t.Models.Contains(model)) is { } tier ? (int)tier.Complexity : null;

    /// <param name="faults">Where everything that is wrong is told.</param>
    public static Tiers Read(IConfiguration configuration, ICollection<string>? faults = null)
    {
        var section = configuration.GetSection(Section);
        var found = Faults(section).ToList();
        found.ForEach(f => faults?.Add(f));
        if (found.Count > 0 || !section.Exists())
        {
            return new Tiers([], UsualThreshold, FallbackNamed: false);
        }

        return new Tiers(
            [.. s_names.Select((name, i) => (Told: section.GetSection(name), Complexity: (Complexity)i)).Where(t => t.Told.Exists()).Select(t => new Tier(t.Complexity, Named(t.Told), Quality(t.Told["ExpectedQuality"])!.Value))],
            Quality(section["QualityThreshold"]) ?? UsualThreshold,
            section["FallbackNamed"] is { } told && bool.Parse(told));
    }

    private static IEnumerable<string> Faults(IConfigurationSection section)
    {
        foreach (var unknown in section.Unknown([.. s_names, "QualityThreshold", "FallbackNamed"]))
        {
            yield return unknown;
        }

        var tiers = s_names.Select(section.GetSection).Where(t => t.Exists()).ToList();
        if (section.Exists() && tiers.Count == 0)
        {
            yield return $"{section.Path} must have a tier: {string.Join(", ", s_names)}.";
        }

        if (section["QualityThreshold"] is { } threshold && Quality(threshold) is null)
        {
            yield return $"{section.Path}:QualityThreshold must be more than 0 and at most 1.";
        }

        if (section["FallbackNamed"] is { } falls && !bool.TryParse(falls, out _))
        {
            yield return $"{section.Path}:FallbackNamed must be true or false.";
        }

        foreach (var tier in tiers)
        {
            foreach (var unknown in tier.Unknown("Models", "ExpectedQuality"))
            {
                yield return unknown;
            }

            var models = Named(tier);
            if (models.Length is 0 or > MostModels)
            {
                yield return $"{tier.Path}:Models must name 1 to {MostModels} models, with commas between them.";
            }

            foreach (var model in models.Where(m => m.Length > Purpose.MaxModelLength || m == Asking.Auto || Features.Searches(m)))
            {
                yield return $"{tier.Path}:Models has '{model[..Math.Min(64, model.Length)]}', which is no model that calls can be sent to by their size.";
            }

            if (Quality(tier["ExpectedQuality"]) is null)
            {
                yield return $"{tier.Path}:ExpectedQuality must be more than 0 and at most 1.";
            }
        }

        foreach (var twice in tiers.SelectMany(t => Named(t)).GroupBy(m => m, StringComparer.Ordinal).Where(g => g.Count() > 1))
        {
            yield return $"{section.Path} names '{twice.Key}' twice; a model is in one tier.";
        }
    }

    private static ImmutableArray<string> Named(IConfigurationSection tier) => [.. (tier["Models"] ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)];

    private static double? Quality(string? text) =>
        double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var quality) && quality is > 0 and <= 1 ? quality : null;
}
