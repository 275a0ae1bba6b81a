using System.Collections.Immutable;
using Budgets.ApiHost.Http;

namespace Budgets.ApiHost.Endpoints;

/// <summary>What caches saved: the provider's against the full price of input, at the prices of now for a short input; the gateway's by calls that it did not make.</summary>
/// <param name="CacheReadTokens">Those that it was worked out for.</param>
/// <param name="TokensWithoutPrice">Cache reads of models that have no price here, or are summed as "other": what they saved is not known and not in the amount.</param>
/// <param name="AnsweredCalls">Calls that the gateway answered from what it had kept.</param>
/// <param name="AnsweredAmount">What their answers had cost when they were made. Not in the amount.</param>
internal sealed record CacheSavingsAnswer(Money Amount, long CacheReadTokens, long TokensWithoutPrice, long AnsweredCalls, Money AnsweredAmount)
{
    /// <summary>So few tokens that no tier of a price begins below, and so many that a nano-dollar rounded up is nothing.</summary>
    private const long Sample = 1_000;

    private static readonly CacheSavingsAnswer None = new(Money.Zero, 0, 0, 0, Money.Zero);

    public static async ValueTask<CacheSavingsAnswer> Of(UsageSums usage, Call call)
    {
        var sum = usage.Spared is { } spared ? None with { AnsweredCalls = spared.Calls, AnsweredAmount = spared.Amount } : None;
        ImmutableArray<NamedSums> cached = [.. usage.ByModel.Where(m => m.Sums.CacheReadTokens > 0)];
        if (cached.IsEmpty)
        {
            return sum;
        }

        var now = call.Edge.Now;
        QuoteRequest Ask(NamedSums m, long input, long read) => new(m.Name, new TokenUsage(InputTokens: input, CacheReadTokens: read), 0, now, now);

        var quotes = await call.Edge.Quotes.Quote([.. cached.SelectMany(m => (QuoteRequest[])[Ask(m, Sample, 0), Ask(m, Sample, Sample), Ask(m, 0, Sample)])]);
        foreach (var (model, i) in cached.Select((m, i) => (m, i * 3)))
        {
            var tokens = model.Sums.CacheReadTokens;
            sum = Rate(quotes[i], quotes[i + 1], quotes[i + 2]) is { } saved
                ? sum with { Amount = sum.Amount + Times(saved, tokens), CacheReadTokens = sum.CacheReadTokens + tokens }
                : sum with { TokensWithoutPrice = sum.TokensWithoutPrice + tokens };
        }

        return sum;
    }

    /// <summary>What one sample saves. Where cache reads are a part of the input, there cannot be more of them than input (<paramref name="alone"/>); else they are told beside it.</summary>
    private static Money? Rate(Quote input, Quote both, Quote alone) =>
        (input.Version, both.Version, alone.Version) switch
        {
            (null, _, _) => null,
            (_, _, not null) => Money.Max(Money.Zero, input.Amount - alone.Amount),
            (_, not null, null) => Money.Max(Money.Zero, input.Amount - both.Amount),
            _ => null,
        };

    /// <summary>Rounded down, and never more than money can be.</summary>
    private static Money Times(Money sample, long tokens) =>
        new((long)Math.Min((decimal)sample.Nanos * tokens / Sample, Money.MaxBooked.Nanos));
}
