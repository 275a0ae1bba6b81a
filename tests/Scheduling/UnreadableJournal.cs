using Budgets.Journal;
using Budgets.Ledger;

namespace Budgets.Tests.Scheduling;

/// <summary>A store that cannot read one of its journals.</summary>
internal sealed class UnreadableJournal(IJournalStore store) : IJournalStore
{
    /// <summary>The journal's; null: all can be read.</summary>
    public string? Name { get; set; }

    public IJournal Open(string name) => new Journal(this, name, store.Open(name));

    private sealed class Journal(UnreadableJournal store, string name, IJournal journal) : IJournal
    {
        public ValueTask<History> Read(CancellationToken cancellation) =>
            store.Name == name ? throw new StoreUnavailableException("This one cannot be read.") : journal.Read(cancellation);

        public ValueTask<bool> Append(Append append) => journal.Append(append);

        public ValueTask<IReadOnlyList<JournalRow>> ReadBack(long seq, int rows, CancellationToken cancellation) => journal.ReadBack(seq, rows, cancellation);

        public ValueTask<LinkedRow?> ReadAt(long seq, CancellationToken cancellation) => journal.ReadAt(seq, cancellation);

        public ValueTask<IReadOnlyList<FiledRow>> ReadOn(long from, long until, CancellationToken cancellation) => journal.ReadOn(from, until, cancellation);

        public ValueTask<long?> Find(Digest digest, CancellationToken cancellation) => journal.Find(digest, cancellation);
    }
}
