using Budgets.Journal;
using Budgets.Tests.Grains;

namespace Budgets.Tests.Scheduling;

/// <summary>A store that cannot read one of its journals.</summary>
internal sealed class UnreadableJournal(IJournalStore store) : Decorated(store)
{
    /// <summary>The journal's; null: all can be read.</summary>
    public string? Name { get; set; }

    protected override ValueTask<History> Read(string name, IJournal journal) =>
        Name == name ? throw new StoreUnavailableException("This one cannot be read.") : base.Read(name, journal);
}
