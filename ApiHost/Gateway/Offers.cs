using System.Collections.Immutable;
using Budgets.ApiHost.Http;

namespace Budgets.ApiHost.Gateway;

/// <summary>A model of the tiers that somebody here serves, and what a call would cost of it about.</summary>
internal sealed record Served(RouteCandidate Candidate, Provider Provider)
{
    public Choice Of(Asking asking, string reason, int attempt) => new(asking.As(Candidate.Model, reason, attempt), Provider);
}

/// <summary>What the operator's tiers have for calls that come together: makers and prices are asked for once for all of them.</summary>
internal sealed class Offers
{
    /// <summary>What a text is taken to be for a price to compare: so many bytes are a token, so many tokens a picture, so long the answer.</summary>
    private const long BytesOfAToken = 4;
    private const long TokensOfAPicture = 1_000;
    private const long UsualAnswer = 500;
    private const long LongestAnswer = 2_000;

    private readonly Tiers _tiers;
    private readonly Providers _providers;
    private readonly ImmutableArray<ModelName> _meanings;
    private readonly Dictionary<(string Model, TokenUsage Usage), Money?> _costs;

    private Offers(Tiers tiers, Providers providers, ImmutableArray<ModelName> meanings, Dictionary<(string, TokenUsage), Money?> costs) =>
        (_tiers, _providers, _meanings, _costs) = (tiers, providers, meanings, costs);

    public static async ValueTask<Offers> For(Call call, IReadOnlyCollection<Asking> askings, Tiers tiers, Providers providers)
    {
        ImmutableArray<string> models = [.. tiers.Models.Select(m => m.Model)];
        var meanings = await call.Edge.Quotes.Meanings(models);

        // Many calls that come together are of the same size.
        var sizes = askings.Select(UsageOf).Distinct();
        ImmutableArray<(string Model, TokenUsage Usage)> wanted =
            [.. sizes.SelectMany(_ => models, (size, model) => (model, size)).Union(askings.Where(a => !a.IsAuto).Select(a => (a.PricedAs, UsageOf(a))))];
        var now = call.Edge.Now;
        var quotes = await call.Edge.Quotes.Quote([.. wanted.Select(w => new QuoteRequest(w.Model, w.Usage, 1, now, now))]);
        var costs = wanted.Zip(quotes).ToDictionary(w => w.First, w => w.Second.Version is null ? (Money?)null : w.Second.Amount);
        return new Offers(tiers, providers, meanings, costs);
    }

    /// <summary>Models that somebody here serves in the call's dialect, and that have a price.</summary>
    public ImmutableArray<Served> All(Asking asking)
    {
        var usage = UsageOf(asking);
        return
        [
            .. _tiers.Models.Zip(_meanings, (m, meaning) => _costs[(m.Model, usage)] is { } cost && _providers.For(asking.Route.Dialect, meaning.Provider) is { } provider
                ? new Served(new RouteCandidate(m.Model, (int)m.Tier.Complexity, m.Tier.ExpectedQuality, cost), provider)
                : null).OfType<Served>(),
        ];
    }

    /// <summary>Of each tier below the named model's the cheapest, the dearest tier first. A model that is in none is below all that are dearer.</summary>
    public ImmutableArray<Served> Cheaper(Asking asking)
    {
        var own = _tiers.Of(asking.Model);
        return _costs[(asking.PricedAs, UsageOf(asking))] is { } cost
            ? [.. ByTier(All(asking).Where(s => s.Candidate.Cost < cost && (own is null || s.Candidate.Tier < own))).Reverse()]
            : [];
    }

    /// <summary>Of each tier above the named model's the cheapest, the next tier first.</summary>
    public ImmutableArray<Served> Above(Asking asking) => _tiers.Of(asking.Model) is { } own ? ByTier(All(asking).Where(s => s.Candidate.Tier > own)) : [];

    private static ImmutableArray<Served> ByTier(IEnumerable<Served> served) =>
        [.. served.GroupBy(s => s.Candidate.Tier).OrderBy(t => t.Key).Select(t => t.MinBy(s => s.Candidate.Cost)!)];

    private static TokenUsage UsageOf(Asking asking)
    {
        var text = asking.Text.Bytes.Length - asking.Text.PictureBytes;
        return new TokenUsage((text / BytesOfAToken) + (asking.Text.Pictures * TokensOfAPicture), Math.Min(asking.OutputTokens ?? UsualAnswer, LongestAnswer) * asking.Choices);
    }
}
