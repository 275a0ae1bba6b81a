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
