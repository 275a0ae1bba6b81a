using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Collections.Immutable;

namespace Budgets.Pricing;

/// <summary>The catalogue with what the operator has set over it, as it was at one moment.</summary>
internal sealed class PriceList
{
    /// <summary>Names whose meaning is remembered, at most; then all are found again.</summary>
    private const int MostRemembered = 2_000;

    private readonly Catalogue _catalogue;
    private readonly FrozenDictionary<string, PricedModel> _overridden;
    private readonly ConcurrentDictionary<string, Meaning> _remembered = new(StringComparer.Ordinal);

    public PriceList(Catalogue catalogue, PriceNews overrides)
    {
        _catalogue = catalogue;
        Number = overrides.Number;
        _overridden = overrides.Overrides.GroupBy(o => o.Price.Id)
            .Select(g => Overriding.Apply(catalogue[g.Key], catalogue.Find(g.Key).Counting, [.. g]))
            .OfType<PricedModel>()
            .ToFrozenDictionary(m => m.Id, StringComparer.Ordinal);
        Models = [.. catalogue.Models.Where(m => !_overridden.ContainsKey(m.Id)).Concat(_overridden.Values).OrderBy(m => m.Id, StringComparer.Ordinal)];
    }

    /// <summary>Of the newest change that is in it.</summary>
    public long Number { get; }

    /// <summary>By id.</summary>
    public ImmutableArray<PricedModel> Models { get; }

    public PricedModel? this[string id] => _overridden.GetValueOrDefault(id) ?? _catalogue[id];

    /// <param name="name">As a caller writes it: any case, with its provider before it or without.</param>
    public Meaning Find(string name)
    {
        if (_remembered.TryGetValue(name, out var known))
        {
            return known;
        }

        var meaning = Look(name.Trim().ToLowerInvariant());
        if (_remembered.Count >= MostRemembered)
        {
            _remembered.Clear();
        }

        _remembered[name] = meaning;
        return meaning;
    }

    public PricePage Page(PriceQuery query)
    {
        var only = query.Name is { } name ? Find(name).Model?.Id ?? "" : null;
        var fitting = Models
            .Where(m => only is null || m.Id == only)
            .Where(m => query.Provider is null || m.Provider == query.Provider)
            .Where(m => query.Deprecated is null || m.Deprecated == query.Deprecated)
            .Where(m => query.Contains is null || m.Aliases.Prepend(m.Id).Any(n => n.Contains(query.Contains, StringComparison.OrdinalIgnoreCase)));
        if (query.Before is { } before)
        {
            var back = fitting.Where(m => string.CompareOrdinal(m.Id, before) < 0).TakeLast(query.Limit + 1).ToImmutableArray();
            return back.Length > query.Limit ? new PricePage(back[1..], back[1].Id) : new PricePage(back, null);
        }

        var page = fitting.Where(m => query.After is null || string.CompareOrdinal(m.Id, query.After) > 0).Take(query.Limit + 1).ToImmutableArray();
        return page.Length > query.Limit ? new PricePage(page[..query.Limit], page[query.Limit - 1].Id) : new PricePage(page, null);
    }

    private Meaning Look(string name)
    {
        if (_overridden.TryGetValue(name, out var set))
        {
            return Of(set);
        }

        var meaning = _catalogue.Find(name);
        return meaning.Id is { } id && _overridden.TryGetValue(id, out var over) ? Of(over) : meaning;
    }

    private static Meaning Of(PricedModel model) => new(model.Id, model, null, model.Prices[^1].Counting);
}
