using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Budgets.Pricing;

/// <summary>A provider: how names of its models look, and how it counts where no model says otherwise.</summary>
internal sealed record Provider(string Id, ImmutableArray<string> Prefixes, NameRule Match, Counting Counting);

/// <summary>A model of the catalogue, or one that is left out of it on purpose: its names must not fall to a looser rule.</summary>
/// <param name="Model">Null: left out.</param>
/// <param name="WhyNot">Why it is left out.</param>
internal sealed record Entry(string Id, Provider Provider, NameRule Match, PricedModel? Model, string? WhyNot);

/// <summary>What a name means.</summary>
/// <param name="Id">Of the catalogue's entry; null: no entry fits.</param>
/// <param name="Model">Null: it has no price.</param>
/// <param name="WhyNot">Why an entry that fits has none.</param>
/// <param name="Counting">How usage under this name is counted, as far as its provider can be told.</param>
internal sealed record Meaning(string? Id, PricedModel? Model, string? WhyNot, Counting Counting)
{
    public static readonly Meaning Nothing = new(null, null, null, Counting.Usual);
}

/// <summary>The prices that come with this version, and the rules by which a name finds its model. Never guesses: another provider's price is another price.</summary>
internal sealed partial class Catalogue(ImmutableArray<Provider> providers, ImmutableArray<Entry> entries, FrozenDictionary<string, string> aliases)
{
    private readonly FrozenDictionary<string, Entry> _byId = entries.ToFrozenDictionary(e => e.Id, StringComparer.Ordinal);

    private readonly FrozenDictionary<string, Entry[]> _byProvider =
        entries.GroupBy(e => e.Provider.Id).ToFrozenDictionary(g => g.Key, g => g.ToArray(), StringComparer.Ordinal);

    public ImmutableArray<Entry> Entries => entries;

    public IEnumerable<PricedModel> Models => entries.Select(e => e.Model).OfType<PricedModel>();

    public PricedModel? this[string id] => _byId.GetValueOrDefault(id)?.Model;

    /// <param name="name">Lower case.</param>
    public Meaning Find(string name)
    {
        if (Known(name) is { } known)
        {
            return Of(known);
        }

        foreach (var provider in providers)
        {
            foreach (var prefix in provider.Prefixes)
            {
                if (name.Length > prefix.Length + 1 && name[prefix.Length] is '/' or ':' && name.StartsWith(prefix, StringComparison.Ordinal))
                {
                    return Find(provider, name[(prefix.Length + 1)..]);
                }
            }
        }

        return providers.FirstOrDefault(p => p.Match.Fits(name)) is { } maker ? Find(maker, name) : Meaning.Nothing;
    }

    private Meaning Find(Provider provider, string name)
    {
        var known = Known(name);
        var entry = (known?.Provider == provider ? known : null) ?? Fitting(provider, name) ?? (Dashed(name) is var dashed && dashed != name ? Fitting(provider, dashed) : null);
        return entry is null ? new Meaning(null, null, null, provider.Counting) : Of(entry);
    }

    private Entry? Known(string name) => _byId.GetValueOrDefault(aliases.GetValueOrDefault(name) ?? name);

    private Entry? Fitting(Provider provider, string name) =>
        _byProvider.TryGetValue(provider.Id, out var own) ? Array.Find(own, e => e.Match.Fits(name)) : null;

    private static Meaning Of(Entry entry) =>
        new(entry.Id, entry.Model, entry.WhyNot, entry.Model?.Prices[0].Counting ?? entry.Provider.Counting);

    // gpt-6-sol-20260901 is gpt-6-sol-2026-09-01; what is no date stays.
    private static string Dashed(string name) => Day().Replace(name, d =>
        DateOnly.TryParseExact(d.Value.AsSpan(1), "yyyyMMdd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) ? $"-{day:yyyy-MM-dd}" : d.Value);

    [GeneratedRegex(@"-20[0-9]{6}(?=-|:|$)")]
    private static partial Regex Day();
}
