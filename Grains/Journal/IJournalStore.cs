using System.Collections.Immutable;
using Budgets.Ledger;

namespace Budgets.Journal;

/// <summary>Where journals are kept. Implementations pass one contract suite (tests/Journal).</summary>
public interface IJournalStore
{
    /// <summary>A handle to one journal, whether it has entries yet or not. Touches no store.</summary>
    IJournal Open(string name);
}

/// <summary>One append-only, hash-chained sequence of events, fenced by its length.</summary>
/// <remarks>
/// Every method throws <see cref="StoreUnavailableException"/> when the store could not be asked and nothing was written.
/// Any other exception from <see cref="Append"/> leaves open whether it landed.
/// </remarks>
public interface IJournal
{
    /// <summary>The newest snapshot, and all rows after it in order.</summary>
    ValueTask<History> Read(CancellationToken cancellation);

    /// <summary>True: durable. False: the journal does not end at <see cref="Append.ExpectedSeq"/>, and nothing was written.</summary>
    ValueTask<bool> Append(Append append);

    /// <summary>At most <paramref name="rows"/> rows that begin before <paramref name="seq"/>, newest first.</summary>
    ValueTask<IReadOnlyList<JournalRow>> ReadBack(long seq, int rows, CancellationToken cancellation);

    /// <summary>The row that <paramref name="seq"/> is in, or the newest one before it, and where the row before that ends; null: there is none.</summary>
    ValueTask<LinkedRow?> ReadAt(long seq, CancellationToken cancellation);

    /// <summary>All rows that begin at <paramref name="from"/> or later and before <paramref name="until"/>, oldest first, each with what is filed beside it.</summary>
    /// <exception cref="JournalCorruptException">What is filed beside a row is not what was written, or <see cref="Find"/> would not find it.</exception>
    ValueTask<IReadOnlyList<FiledRow>> ReadOn(long from, long until, CancellationToken cancellation);

    /// <summary>The newest seq filed under a digest, of all entries that were durable when asked; null: none.</summary>
    ValueTask<long?> Find(Digest digest, CancellationToken cancellation);
}

/// <summary>The events of one append: a UTF-8 JSON array of <paramref name="Count"/> events, the first with seq <paramref name="FirstSeq"/>.</summary>
/// <param name="Hash">SHA-256 over the previous row's hash and this row's events; also what tells this append from any other.</param>
public sealed record JournalRow(long FirstSeq, int Count, ReadOnlyMemory<byte> Events, ReadOnlyMemory<byte> Hash)
{
    public long LastSeq => FirstSeq + Count - 1;
}

/// <summary>Where a journal, or the part of it that has been read, ends: its last seq, and the hash of its last row.</summary>
public readonly record struct JournalEnd(long Seq, ReadOnlyMemory<byte> Hash)
{
    public static readonly JournalEnd Start = new(0, HashChain.Root);
}

/// <summary>A row and where the one before it ends: all that it takes to check it.</summary>
public sealed record LinkedRow(JournalRow Row, JournalEnd Before);

public sealed record FiledRow(JournalRow Row, ImmutableArray<Filing> Filings);

/// <summary>A state as UTF-8 JSON after the event <paramref name="Seq"/>, where the chain's hash was <paramref name="Hash"/>.</summary>
/// <param name="Seal">SHA-256 over hash and state: a snapshot that was tampered with is found.</param>
public sealed record Snapshot(long Seq, ReadOnlyMemory<byte> Hash, ReadOnlyMemory<byte> State, ReadOnlyMemory<byte> Seal);

public sealed record History(Snapshot? Snapshot, IReadOnlyList<JournalRow> Rows);

/// <summary>Lets <see cref="IJournal.Find"/> lead from a digest to the event <paramref name="Seq"/>; the newest filing wins.</summary>
public readonly record struct Filing(Digest Digest, long Seq);

/// <summary>What to append. Its memory belongs to the caller again as soon as the append completes: a store that keeps it copies it.</summary>
/// <param name="ExpectedSeq">The last seq in the journal before this append; 0: it is empty.</param>
public sealed record Append(long ExpectedSeq, JournalRow Row, ImmutableArray<Filing> Filings, Snapshot? Snapshot);
