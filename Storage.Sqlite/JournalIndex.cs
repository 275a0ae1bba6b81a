using System.Buffers.Binary;
using Budgets.Journal;
using Budgets.Ledger;
using Microsoft.Data.Sqlite;

namespace Budgets.Storage.Sqlite;

/// <summary>Brings the file's indices up to date behind the entries: sorted, and a slice with every commit, so that no caller waits for a whole portion.</summary>
/// <remarks>Safe to stop anywhere: the mark of what is indexed moves last, and writing a slice twice changes nothing.</remarks>
internal sealed class JournalIndex : IDisposable
{
    /// <summary>Index rows at once when nobody writes.</summary>
    private const int IdleSlice = 256;

    private readonly Tail _tail;
    private readonly Statement _addPosition, _addFiling, _mark;
    private readonly List<(long Journal, long Seq, long Entry)> _positions = [];
    private readonly List<(long Journal, UInt128 Digest, long Seq)> _filings = [];
    private long _lastEntry;
    private int _next;

    public JournalIndex(SqliteConnection connection, Tail tail)
    {
        _tail = tail;
        _addPosition = new(connection, "INSERT OR REPLACE INTO positions(journal, seq, entry) VALUES(?, ?, ?)");
        _addFiling = new(connection, "INSERT OR REPLACE INTO filings(journal, digest, seq) VALUES(?, ?, ?)");
        _mark = new(connection, "UPDATE indexed SET entry = ?");
        using var read = new Statement(connection,
            "SELECT e.id, e.journal, e.seq, e.count, e.filings FROM entries e, indexed i WHERE e.id > i.entry OR e.id < 1 ORDER BY e.id");
        List<(long Seq, long Count, byte[] Filings)> changed = [];
        while (read.Step())
        {
            var (entry, journal, seq, count, filings) = (read.Int(0), read.Int(1), read.Int(2), read.Int(3), read.Bytes(4));
            try
            {
                tail.Restore(journal, new Position(seq, seq + count - 1, entry), PackedFilings.Unpack(filings, seq, count, journal));
                if (entry < 1)
                {
                    tail.Distrust(journal);
                }
            }
            catch (JournalCorruptException)
            {
                // One changed row must not keep all others from their budgets: the journal that it says it is of stays shut, and the one that it was of.
                tail.Distrust(journal);
                changed.Add((seq, count, filings));
            }
        }

        DistrustOwners(connection, changed);
    }

    /// <summary>A row whose journal's number was changed is missing elsewhere; its checksum knows where.</summary>
    private void DistrustOwners(SqliteConnection connection, List<(long Seq, long Count, byte[] Filings)> changed)
    {
        if (changed.Count == 0)
        {
            return;
        }

        using var journals = new Statement(connection, "SELECT id FROM journals");
        while (journals.Step())
        {
            var journal = journals.Int(0);
            if (changed.Any(c => PackedFilings.IsOf(c.Filings, c.Seq, c.Count, journal)))
            {
                _tail.Distrust(journal);
            }
        }
    }

    public bool IsBusy { get; private set; }

    private int Steps => _positions.Count + _filings.Count;

    public void Begin()
    {
        var portion = _tail.Turn();
        foreach (var (journal, position, _) in portion.Rows)
        {
            _positions.Add((journal, position.Seq, position.Entry));
        }

        foreach (var ((journal, digest), seq) in portion.Filings)
        {
            _filings.Add((journal, digest.Value, seq));
        }

        // Neighbours in the index share pages: in this order each page is touched once.
        _positions.Sort();
        _filings.Sort();
        _lastEntry = portion.Rows[^1].Position.Entry;
        _next = 0;
        IsBusy = true;
    }

    /// <summary>Writes a slice; inside the caller's transaction.</summary>
    /// <param name="added">Index rows that this transaction's own appends will need: the index does twice as many, and so never falls behind. Zero: nobody writes.</param>
    public void Advance(int added)
    {
        if (!IsBusy)
        {
            return;
        }

        for (var end = Math.Min(_next + (added == 0 ? IdleSlice : 2 * added), Steps); _next < end; _next++)
        {
            if (_next < _positions.Count)
            {
                var (journal, seq, entry) = _positions[_next];
                _addPosition.Bind(1, journal).Bind(2, seq).Bind(3, entry).Run();
            }
            else
            {
                var (journal, digest, seq) = _filings[_next - _positions.Count];
                _addFiling.Bind(1, journal).BindBlob(2, Bytes(digest)).Bind(3, seq).Run();
            }
        }

        if (_next == Steps)
        {
            _mark.Bind(1, _lastEntry).Run();
        }
    }

    /// <summary>The transaction of <see cref="Advance"/> is on disk.</summary>
    public void Committed()
    {
        if (IsBusy && _next == Steps)
        {
            _tail.Drop();
            _positions.Clear();
            _filings.Clear();
            IsBusy = false;
        }
    }

    /// <summary>The transaction of <see cref="Advance"/> is undone: the portion begins again.</summary>
    public void RolledBack() => _next = 0;

    public static byte[] Bytes(UInt128 digest)
    {
        var bytes = new byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, digest);
        return bytes;
    }

    public void Dispose()
    {
        _addPosition.Dispose();
        _addFiling.Dispose();
        _mark.Dispose();
    }
}
