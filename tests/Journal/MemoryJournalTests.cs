using Budgets.Journal;

namespace Budgets.Tests.Journal;

/// <summary>Lives as long as the process: opened again, it is the same one.</summary>
public sealed class MemoryJournalTests : JournalContract
{
    private readonly MemoryJournalStore _store = new();

    protected override IJournalStore OpenStore() => _store;
}
