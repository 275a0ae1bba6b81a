using System.Collections.Concurrent;

namespace Budgets.ApiHost.Gateway;

/// <summary>Whose models are whose, as the price catalogue has it. What was known two seconds ago is believed, as prices are: every call asks.</summary>
internal sealed class Makers([FromKeyedServices(BudgetsApi.Clock)] TimeProvider clock)
{
    /// <summary>Names remembered at most: one model can be written in many ways. Then all are forgotten and asked again.</summary>
    private const int Most = 4_096;

    private static readonly TimeSpan s_believed = TimeSpan.FromSeconds(2);

    private readonly ConcurrentDictionary<string, (string Maker, long AskedAt)> _known = new(StringComparer.Ordinal);

    /// <summary>Null: the catalogue does not know the model, or not who makes it.</summary>
    public async ValueTask<string?> Of(IQuoteGrain quotes, string model)
    {
        if (_known.TryGetValue(model, out var known) && clock.GetElapsedTime(known.AskedAt) < s_believed)
        {
            return known.Maker;
        }

        var askedAt = clock.GetTimestamp();
        if (await quotes.Maker(model) is not { } maker)
        {
            _known.TryRemove(model, out _);
            return null;
        }

        if (_known.Count >= Most)
        {
            _known.Clear();
        }

        _known[model] = (maker, askedAt);
        return maker;
    }
}
