using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Budgets.ApiHost.Http;

namespace Budgets.ApiHost.Gateway;

/// <summary>A model that a call may be made of, and who serves it.</summary>
internal sealed record Choice(Asking Asking, Provider Provider);

/// <summary>What a call is made of, in the order in which it is tried.</summary>
/// <param name="WhenRefused">The next is tried when the money does not suffice for one.</param>
/// <param name="WhenFailed">The next is tried when one has no answer that is good for anything.</param>
internal sealed record Choices(ImmutableArray<Choice> All, bool WhenRefused = false, bool WhenFailed = false)
{
    /// <summary>Of a call: one of each tier, and the one that was named.</summary>
    public const int Most = 4;
}

/// <summary>Finds the models for a call: the one that it names; or of the operator's tiers what was learnt to be good enough, what is next when that fails, or what is cheaper when money runs out.</summary>
internal sealed class Router(Tiers tiers, Providers providers, Makers makers, Economy economy)
{
    /// <summary>What a text is taken to be for a price to compare: so many bytes are a token, so many tokens a picture, so long the answer.</summary>
    private const long BytesOfAToken = 4;
    private const long TokensOfAPicture = 1_000;
    private const long UsualAnswer = 500;
    private const long LongestAnswer = 2_000;

    public async ValueTask<(Choices? Choices, Problem? Problem)> Choose(Call call, Asking asking)
    {
        if (asking.IsAuto)
        {
            return await Auto(call, asking);
        }

        if (tiers.AreSet && asking.Route.MayBeRouted)
        {
            if (await economy.IsOn(call) && await Cheaper(call, asking) is { IsEmpty: false } cheaper)
            {
                return (new Choices([.. cheaper.Select((m, i) => m.Of(asking, Reasons.Economy, i))], WhenRefused: true, WhenFailed: tiers.FallbackNamed), null);
            }

            if (tiers.FallbackNamed && await Above(call, asking) is { IsEmpty: false } above && await Named(call, asking) is { } named)
            {
                return (new Choices([named, .. above.Select((m, i) => m.Of(asking, Reasons.Fallback, i + 1))], WhenFailed: true), null);
            }
        }

        return await Named(call, asking) is { } only ? (new Choices([only]), null) : (null, NotServed(asking, await makers.Of(call.Edge.Quotes, asking.PricedAs)));
    }

    private async ValueTask<(Choices? Choices, Problem? Problem)> Auto(Call call, Asking asking)
    {
        if (!tiers.AreSet || !asking.Route.MayBeRouted)
        {
            return (null, new Problem(ProblemKind.ModelNotServed, $"'{Asking.Auto}' is for chat, responses and messages, and for models that the operator sets: {Tiers.Section}."));
        }

        var told = Reasons.Read(asking.Said.Complexity);
        if (told is null && asking.Said.Complexity is not null)
        {
            return (null, Problem.Invalid(Headers.Complexity, Reasons.NoComplexity));
        }

        var served = await AllServed(call, asking);
        if (served.IsEmpty)
        {
            return (null, new Problem(ProblemKind.ModelNotServed, $"None of the models in {Tiers.Section} takes calls to {asking.Route.Path} here and has a price."));
        }

        var complexity = told ?? Weighing.Of(asking);
        var isEconomy = await economy.IsOn(call);
        var question = new RouteQuestion(new Job(asking.Purpose.Operation!, complexity), tiers.QualityThreshold, [.. served.Select(s => s.Candidate)], isEconomy, Dice());
        var root = await call.Edge.Lineage.RootOf(call.Agent);
        var models = await call.Edge.Grains.GetGrain<IRouterGrain>(root.Value).Choose(question);
        return (new Choices(
            [.. models.Select((model, i) => served.First(s => s.Candidate.Model == model).Of(asking, Reasons.OfAuto(complexity, i > 0 ? Reasons.Fallback : isEconomy ? Reasons.Economy : null), i))],
            WhenFailed: true), null);
    }

    private async ValueTask<Choice?> Named(Call call, Asking asking) =>
        providers.For(asking.Route.Dialect, await makers.Of(call.Edge.Quotes, asking.PricedAs)) is { } provider ? new Choice(asking, provider) : null;

    /// <summary>Of each tier below the named model's the cheapest, the dearest tier first. A model that is in none is below all that are dearer.</summary>
    private async ValueTask<ImmutableArray<Served>> Cheaper(Call call, Asking asking)
    {
        var own = TierOf(asking);
        var served = await AllServed(call, asking);
        var cost = (await Priced(call, asking, [asking.PricedAs]))[0];
        return cost is null ? [] : [.. ByTier(served.Where(s => s.Candidate.Cost < cost && (own is null || s.Candidate.Tier < own))).Reverse()];
    }

    private async ValueTask<ImmutableArray<Served>> Above(Call call, Asking asking) =>
        TierOf(asking) is { } own ? ByTier((await AllServed(call, asking)).Where(s => s.Candidate.Tier > own)) : [];

    private static ImmutableArray<Served> ByTier(IEnumerable<Served> served) =>
        [.. served.GroupBy(s => s.Candidate.Tier).OrderBy(t => t.Key).Select(t => t.MinBy(s => s.Candidate.Cost)!)];

    private int? TierOf(Asking asking) => tiers.All.FirstOrDefault(t => t.Models.Contains(asking.Model)) is { } tier ? (int)tier.Complexity : null;

    /// <summary>Models of the tiers that somebody here serves in the call's dialect, and that have a price.</summary>
    private async ValueTask<ImmutableArray<Served>> AllServed(Call call, Asking asking)
    {
        var models = tiers.Models.ToList();
        var names = models.Select(m => m.Model).ToImmutableArray();
        var meanings = await call.Edge.Quotes.Meanings(names);
        var costs = await Priced(call, asking, names);
        return
        [
            .. models.Select((m, i) => costs[i] is { } cost && providers.For(asking.Route.Dialect, meanings[i].Provider) is { } provider
                ? new Served(new RouteCandidate(m.Model, (int)m.Tier.Complexity, m.Tier.ExpectedQuality, cost), provider)
                : null).OfType<Served>(),
        ];
    }

    /// <summary>What this call would cost about; null: there is no price.</summary>
    private static async ValueTask<ImmutableArray<Money?>> Priced(Call call, Asking asking, ImmutableArray<string> models)
    {
        var now = call.Edge.Now;
        var text = asking.Text.Bytes.Length - asking.Text.PictureBytes;
        var usage = new TokenUsage((text / BytesOfAToken) + (asking.Text.Pictures * TokensOfAPicture), Math.Min(asking.OutputTokens ?? UsualAnswer, LongestAnswer) * asking.Choices);
        var quotes = await call.Edge.Quotes.Quote([.. models.Select(m => new QuoteRequest(m, usage, 1, now, now))]);
        return [.. quotes.Select(q => q.Version is null ? (Money?)null : q.Amount)];
    }

    private static Problem NotServed(Asking asking, string? maker) =>
        new(ProblemKind.ModelNotServed, $"No provider for '{asking.Model}'{(maker is null ? "" : $" of {maker}")} takes calls to {asking.Route.Path} here; the operator sets them: {Providers.Section}.");

    private static long Dice()
    {
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        RandomNumberGenerator.Fill(bytes);
        return MemoryMarshal.Read<long>(bytes);
    }

    private sealed record Served(RouteCandidate Candidate, Provider Provider)
    {
        public Choice Of(Asking asking, string reason, int attempt) => new(asking.As(Candidate.Model, reason, attempt), Provider);
    }
}
