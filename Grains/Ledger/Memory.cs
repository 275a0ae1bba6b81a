using System.Collections.Immutable;

namespace Budgets.Ledger;

/// <summary>Where to find what was accepted under a digest: the event's seq and the fingerprint of the request.</summary>
public readonly record struct Remembered(long Seq, Digest Fingerprint, EntryKind Kind);

/// <summary>The newest digests. Older ones are forgotten here and found in the journal's index.</summary>
/// <remarks>
/// A value like any other part of the state, yet remembering one more copies nothing: versions share pages that are only ever added to, and
/// each version looks at as much of them as it has remembered. Ten thousand busy budgets would otherwise keep the garbage collector busy with copies.
/// </remarks>
public sealed class Memory
{
    private const int MostFull = 4;

    /// <summary>So many digests at least are remembered before one is forgotten: more than a batch has, or a key twice in one would be booked twice.</summary>
    public const int Least = Page.Largest * MostFull;

    public static readonly Memory Empty = new([], new Page(0), 0, 0);

    private readonly ImmutableArray<Page> _full;
    private readonly Page _newest;
    private readonly int _count;

    private Memory(ImmutableArray<Page> full, Page newest, int count, long forgottenUpTo)
    {
        _full = full;
        _newest = newest;
        _count = count;
        ForgottenUpTo = forgottenUpTo;
    }

    /// <summary>Digests of events up to this seq may be missing here; later ones are all here.</summary>
    public long ForgottenUpTo { get; }

    /// <summary>Nothing was ever remembered: no request to spend was accepted yet.</summary>
    public bool IsEmpty => _count == 0 && _full.IsEmpty && ForgottenUpTo == 0;

    public Remembered? this[Digest digest]
    {
        get
        {
            var found = _newest.Find(digest, _count);
            for (var i = _full.Length - 1; i >= 0 && found is null; i--)
            {
                found = _full[i].Find(digest, Page.Largest);
            }

            return found;
        }
    }

    /// <summary>Remembers under a digest, in place of what was known under it before.</summary>
    public Memory Remember(Digest digest, Remembered what)
    {
        if (_count == Page.Largest)
        {
            return Turned().Remember(digest, what);
        }

        var page = _newest.TryAdd(_count, digest, what) ? _newest : _newest.CopyAndAdd(_count, digest, what);
        return new Memory(_full, page, _count + 1, ForgottenUpTo);
    }

    /// <summary>Everything remembered, oldest first.</summary>
    public IEnumerable<(Digest Digest, Remembered What)> All()
    {
        var all = new Dictionary<Digest, Remembered>();
        foreach (var (digest, what) in _full.SelectMany(p => p.First(Page.Largest)).Concat(_newest.First(_count)))
        {
            all[digest] = what;
        }

        return all.OrderBy(p => p.Value.Seq).ThenBy(p => p.Key.Value).Select(p => (p.Key, p.Value));
    }

    /// <summary>What <see cref="All"/> told, remembered again.</summary>
    public static Memory Of(IEnumerable<(Digest Digest, Remembered What)> all, long forgottenUpTo) =>
        all.Aggregate(new Memory([], new Page(0), 0, forgottenUpTo), (memory, one) => memory.Remember(one.Digest, one.What));

    /// <summary>With an empty page; past the most full ones, the oldest is forgotten.</summary>
    private Memory Turned()
    {
        var full = _full.Add(_newest);
        return full.Length <= MostFull
            ? new Memory(full, new Page(0), 0, ForgottenUpTo)
            : new Memory(full.RemoveAt(0), new Page(0), 0, Math.Max(ForgottenUpTo, full[0].First(Page.Largest).Max(e => e.What.Seq)));
    }

    /// <summary>Digests in the order they came, and a hash table of their places. Added to, never changed.</summary>
    private sealed class Page(int capacity)
    {
        public const int Largest = 256;

        private const int Smallest = 4;

        private readonly (Digest Digest, Remembered What)[] _entries = new (Digest, Remembered)[capacity];

        // Twice as many as entries; the entry's place plus one, zero: free.
        private readonly short[] _table = new short[capacity * 2];
        private int _used;

        /// <summary>The newest under a digest among the first <paramref name="count"/>.</summary>
        public Remembered? Find(Digest digest, int count)
        {
            Remembered? found = null;
            if (_table.Length == 0)
            {
                return found;
            }

            for (var slot = FirstSlot(digest); _table[slot] != 0; slot = Next(slot))
            {
                var at = _table[slot] - 1;
                if (at < count && _entries[at].Digest == digest)
                {
                    found = _entries[at].What;
                }
            }

            return found;
        }

        /// <summary>False: full, or another version of the state has gone on from here already.</summary>
        public bool TryAdd(int at, Digest digest, Remembered what)
        {
            if (at >= _entries.Length || Interlocked.CompareExchange(ref _used, at + 1, at) != at)
            {
                return false;
            }

            _entries[at] = (digest, what);
            var slot = FirstSlot(digest);
            while (_table[slot] != 0)
            {
                slot = Next(slot);
            }

            _table[slot] = (short)(at + 1);
            return true;
        }

        public Page CopyAndAdd(int count, Digest digest, Remembered what)
        {
            var copy = new Page(count < _entries.Length ? _entries.Length : Math.Max(Smallest, count * 2));
            for (var i = 0; i < count; i++)
            {
                copy.TryAdd(i, _entries[i].Digest, _entries[i].What);
            }

            copy.TryAdd(count, digest, what);
            return copy;
        }

        public IEnumerable<(Digest Digest, Remembered What)> First(int count) => _entries.Take(count);

        // Lengths are powers of two, and a digest is as good as random.
        private int FirstSlot(Digest digest) => (int)((ulong)digest.Value & (uint)(_table.Length - 1));

        private int Next(int slot) => (slot + 1) & (_table.Length - 1);
    }
}
