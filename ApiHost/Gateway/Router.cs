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
    public async ValueTask<(Choices? Choices, Problem? Problem)> Choose(Call call, Asking asking) => (await Choose(call, [asking]))[0];

    /// <summary>For each of several calls that come together what it would be if it came alone. Whoever has to be asked is asked once for all of them.</summary>
    public async ValueTask<(Choices? Choices, Problem? Problem)[]> Choose(Call call, ImmutableArray<Asking> askings)
    {
        var isEconomy = tiers.AreSet && askings.Any(a => a.Route.MayBeRouted) && await economy.IsOn(call);
        ImmutableArray<Asking> routed = [.. askings.Where(a => IsRouted(a, isEconomy))];
        var offers = routed.IsEmpty ? null : await Offers.For(call, routed, tiers, providers);
        var chosen = new (Choices? Choices, Problem? Problem)[askings.Length];
        var questions = new List<(int At, ImmutableArray<Served> Served, RouteQuestion Question)>();
        for (var at = 0; at < askings.Length; at++)
        {
            var asking = askings[at];
            if (!asking.IsAuto)
            {
                chosen[at] = await Named(call, asking, isEconomy, IsRouted(asking, isEconomy) ? offers : null);
            }
            else if (Unroutable(asking) is { } problem)
            {
                chosen[at] = (null, problem);
            }
            else if (offers!.All(asking) is { IsEmpty: false } served)
            {
                questions.Add((at, served, new RouteQuestion(new Job(asking.Purpose.Operation!, ComplexityOf(asking)), tiers.QualityThreshold, [.. served.Select(s => s.Candidate)], isEconomy, Dice())));
            }
            else
            {
                chosen[at] = (null, new Problem(ProblemKind.ModelNotServed, $"None of the models in {Tiers.Section} takes calls to {asking.Route.Path} here and has a price."));
            }
        }

        if (questions.Count > 0)
        {
            var root = await call.Edge.Lineage.RootOf(call.Agent);
            var answers = await call.Edge.Grains.GetGrain<IRouterGrain>(root.Value).Choose([.. questions.Select(q => q.Question)]);
            foreach (var ((at, served, question), models) in questions.Zip(answers))
            {
                chosen[at] = (new Choices([.. models.Select((m, i) => served.First(s => s.Candidate.Model == m).Of(askings[at], ReasonOf(question, i), i))], WhenFailed: true), null);
            }
        }

        return chosen;
    }

    /// <summary>It comes, or may come, to a model of the tiers.</summary>
    private bool IsRouted(Asking asking, bool isEconomy) => tiers.AreSet && asking.Route.MayBeRouted && (asking.IsAuto || isEconomy || (tiers.FallbackNamed && tiers.Of(asking.Model) is not null));

    private Problem? Unroutable(Asking asking) =>
        !tiers.AreSet || !asking.Route.MayBeRouted ? new Problem(ProblemKind.ModelNotServed, $"'{Asking.Auto}' is for chat, responses and messages, and for models that the operator sets: {Tiers.Section}.")
        : asking.Said.Complexity is { } told && Reasons.Read(told) is null ? Problem.Invalid(Headers.Complexity, Reasons.NoComplexity)
        : null;

    private static Complexity ComplexityOf(Asking asking) => Reasons.Read(asking.Said.Complexity) ?? Weighing.Of(asking);

    private static string ReasonOf(RouteQuestion question, int attempt) =>
        Reasons.OfAuto(question.Job.Complexity, attempt > 0 ? Reasons.Fallback : question.IsEconomy ? Reasons.Economy : null);

    /// <param name="offers">Null: it is made of the model that it names, or not at all.</param>
    private async ValueTask<(Choices? Choices, Problem? Problem)> Named(Call call, Asking asking, bool isEconomy, Offers? offers)
    {
        if (isEconomy && offers?.Cheaper(asking) is { IsEmpty: false } cheaper)
        {
            return (new Choices([.. cheaper.Select((m, i) => m.Of(asking, Reasons.Economy, i))], WhenRefused: true, WhenFailed: tiers.FallbackNamed), null);
        }

        var maker = await makers.Of(call.Edge.Quotes, asking.PricedAs);
        if (providers.For(asking.Route.Dialect, maker) is not { } provider)
        {
            return (null, NotServed(asking, maker));
        }

        var named = new Choice(asking, provider);
        return tiers.FallbackNamed && offers?.Above(asking) is { IsEmpty: false } above
            ? (new Choices([named, .. above.Select((m, i) => m.Of(asking, Reasons.Fallback, i + 1))], WhenFailed: true), null)
            : (new Choices([named]), null);
    }

    private static Problem NotServed(Asking asking, string? maker) =>
        new(ProblemKind.ModelNotServed, $"No provider for '{asking.Model}'{(maker is null ? "" : $" of {maker}")} takes calls to {asking.Route.Path} here; the operator sets them: {Providers.Section}.");

    private static long Dice()
    {
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        RandomNumberGenerator.Fill(bytes);
        return MemoryMarshal.Read<long>(bytes);
    }
}
