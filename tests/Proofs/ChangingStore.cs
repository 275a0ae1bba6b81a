using Budgets.Journal;

namespace Budgets.Tests.Proofs;

/// <summary>Whatever store is behind it now: a new activation reads from there, as after a restart.</summary>
internal sealed class ChangingStore : IJournalStore
{
    public IJournalStore Now { get; set; } = new MemoryJournalStore();

    public IJournal Open(string name) => Now.Open(name);
}
