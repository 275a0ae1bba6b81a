namespace Budgets.Tests.Grains;

/// <summary>What a client does that wants to know, and what it may expect in the end.</summary>
internal static class Persistence
{
    private const int MostTries = 100_000;

    /// <summary>
    /// Asks again as long as the answer is one of the three that say so, or Orleans itself rejects the call because activation after activation
    /// gave up before it began. Any other exception is a broken promise.
    /// </summary>
    public static async Task<T> UntilKnown<T>(Func<Task<T>> ask)
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                return await ask();
            }
            catch (Exception e) when (e is StoreUnavailableException or OutcomeUnknownException or OverloadedException or Orleans.Runtime.OrleansMessageRejectionException && tries < MostTries)
            {
                await Task.Yield();
            }
        }
    }

    /// <summary>Everything acknowledged is in the ledger once, nothing else is, and the balances are its sums.</summary>
    public static async Task ShouldAddUp(IBudgetGrain budget, Money limit, IReadOnlyList<Receipt> acknowledged)
    {
        var ledger = await UntilKnown(async () => await budget.Ledger());
        var entries = ledger.Where(e => e.Kind != EntryKind.Config).ToList();

        entries.Select(e => (e.Seq, e.Kind, e.Id, e.Amount, e.Key)).Should().Equal(
            acknowledged.DistinctBy(r => r.Seq).OrderBy(r => r.Seq).Select(r => (r.Seq, r.Kind, (string?)r.Id, r.Kind == EntryKind.Release ? r.Released : r.Amount, r.Key)));
        entries.Select(e => e.Key).Should().OnlyHaveUniqueItems();
        entries.SelectMany(e => e.Balances).Should().NotContain(b => b.Spent + b.Held > limit);
        (await UntilKnown(async () => await budget.Daily())).Should().BeEquivalentTo(new { Spent = entries.Spent(), Held = Money.Zero });
    }
}
