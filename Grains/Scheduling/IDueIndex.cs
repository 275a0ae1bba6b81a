namespace Budgets.Scheduling;

/// <summary>Where dues are kept. Implementations pass one contract suite (tests/Scheduling).</summary>
/// <remarks>
/// Whoever needs to be woken puts the due before the append that needs it: a due without its append wakes somebody for nothing, an append without its
/// due would be forgotten. Every method throws <see cref="StoreUnavailableException"/> when the store could not be asked and nothing was written.
/// </remarks>
public interface IDueIndex
{
    /// <summary>Durable when it completes. Putting what is there already is harmless, and gives it another version.</summary>
    /// <exception cref="OutcomeUnknownException">It may be there.</exception>
    ValueTask Put(Due due);

    /// <summary>Rows of a shard that are due by an instant, the earliest first.</summary>
    /// <param name="after">Where the page before ended; null: from the first.</param>
    /// <param name="limit">Rows at most; fewer: there are no more.</param>
    Task<IReadOnlyList<DueRow>> List(int shard, DateTimeOffset until, DueRow? after, int limit);

    /// <summary>Takes away what was listed. A row that is gone, or was put again meanwhile and so has another version, is left as it is.</summary>
    /// <param name="rows">Of one shard.</param>
    /// <exception cref="OutcomeUnknownException">Some may be gone.</exception>
    Task Remove(IReadOnlyCollection<DueRow> rows);
}
