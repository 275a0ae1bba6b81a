using Budgets.Ledger;

namespace Budgets.Trees;

/// <summary>The recalls of one giver: one is under way at a time, and everybody who waits for the next one shares it.</summary>
/// <remarks>
/// Who came while one was under way is not served by it: what he needs may have been given out behind its back. Who has seen one that began after
/// he came has seen enough: at some instant since then there was no more to be had.
/// </remarks>
internal sealed class Recalls
{
    private Task? _current;

    /// <summary>How many have begun.</summary>
    public long Begun { get; private set; }

    /// <summary>The last one that came to its end.</summary>
    public long Done { get; private set; }

    public bool IsUnderWay => _current is not null;

    /// <summary>How many had begun when a part of a need was granted last: a later one brings back what it served nobody with.</summary>
    public long Parted { get; private set; } = -1;

    /// <summary>A part was granted: until it is known what nobody took of it, nobody else is refused.</summary>
    public void Part() => Parted = Begun;

    /// <summary>Completes with the first one that begins after so many.</summary>
    public async Task After(long since, Func<Task> recall)
    {
        while (Done <= since)
        {
            await (_current ??= Run(recall));
        }
    }

    private async Task Run(Func<Task> recall)
    {
        var number = ++Begun;

        // Those who come while the answers are taken over must ask again.
        await Task.Yield();
        try
        {
            await recall();
            Done = number;
        }
        finally
        {
            _current = null;
        }
    }
}

/// <summary>Which asks stand although a recall has overtaken them, by draw. Not stored: an ask does not outlive the activation that it waits at.</summary>
internal static class OvertakenAsks
{
    public static Overtaken? Of<TDraw>(this Dictionary<TDraw, Overtaken> asks, TDraw draw)
        where TDraw : notnull => asks.TryGetValue(draw, out var overtaken) ? overtaken : null;

    public static void Note<TDraw>(this Dictionary<TDraw, Overtaken> asks, TDraw draw, DrawReport recalled)
        where TDraw : notnull
    {
        if (recalled.Stands == 0)
        {
            asks.Remove(draw);
        }
        else
        {
            asks[draw] = new Overtaken(recalled.Stands, recalled.Version);
        }
    }
}
