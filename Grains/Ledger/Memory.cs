using System.Collections.Immutable;

namespace Budgets.Ledger;

/// <summary>Where to find what was accepted under a digest: the event's seq and the fingerprint of the request.</summary>
public readonly record struct Remembered(long Seq, Digest Fingerprint, EntryKind Kind);

/// <summary>The newest digests. Older ones are forgotten here and found in the journal's index.</summary>
/// <remarks>
/// A short array of the newest, and behind it chunks that are never changed once made: remembering copies a few cache lines, where
/// a balanced tree of a thousand would copy ten nodes for every charge.
/// </remarks>
public sealed class Memory
{
    private const int MostRecent = 32;
    private const int ChunkSize = 256;
    private const int MostChunks = 5;

    /// <summary>So many digests at least are remembered before one is forgotten: more than a batch has, or a key twice in one would be booked twice.</summary>
    public const int Least = ChunkSize * (MostChunks - 1);

    public static readonly Memory Empty = new([], [], 0);

    private readonly ImmutableArray<(Digest Digest, Remembered What)> _recent;
    private readonly ImmutableArray<Dictionary<Digest, Remembered>> _chunks;

    private Memory(ImmutableArray<(Digest Digest, Remembered What)> recent, ImmutableArray<Dictionary<Digest, Remembered>> chunks, long forgottenUpTo)
    {
        _recent = recent;
        _chunks = chunks;
        ForgottenUpTo = forgottenUpTo;
    }

    /// <summary>Digests of events up to this seq may be missing here; later ones are all here.</summary>
    public long ForgottenUpTo { get; }

    public Remembered? this[Digest digest]
    {
        get
        {
            for (var i = _recent.Length - 1; i >= 0; i--)
            {
                if (_recent[i].Digest == digest)
                {
                    return _recent[i].What;
                }
            }

            for (var i = _chunks.Length - 1; i >= 0; i--)
            {
                if (_chunks[i].TryGetValue(digest, out var found))
                {
                    return found;
                }
            }

            return null;
        }
    }

    /// <summary>Remembers under a digest, in place of what was known under it before.</summary>
    public Memory Remember(Digest digest, Remembered what)
    {
        var recent = _recent.Add((digest, what));
        return recent.Length < MostRecent ? new Memory(recent, _chunks, ForgottenUpTo) : Chunked(recent);
    }

    /// <summary>Everything remembered, oldest first.</summary>
    public IEnumerable<(Digest Digest, Remembered What)> All()
    {
        var all = new Dictionary<Digest, Remembered>();
        foreach (var (digest, what) in _chunks.SelectMany(c => c))
        {
            all[digest] = what;
        }

        foreach (var (digest, what) in _recent)
        {
            all[digest] = what;
        }

        return all.OrderBy(p => p.Value.Seq).ThenBy(p => p.Key.Value).Select(p => (p.Key, p.Value));
    }

    /// <summary>What <see cref="All"/> told, remembered again.</summary>
    public static Memory Of(IEnumerable<(Digest Digest, Remembered What)> all, long forgottenUpTo) =>
        all.Aggregate(new Memory([], [], forgottenUpTo), (memory, one) => memory.Remember(one.Digest, one.What));

    private Memory Chunked(ImmutableArray<(Digest Digest, Remembered What)> recent)
    {
        var last = _chunks.IsEmpty ? null : _chunks[^1];
        var grows = last is not null && last.Count < ChunkSize;
        var chunk = grows ? new Dictionary<Digest, Remembered>(last!, null) : [];
        foreach (var (digest, what) in recent)
        {
            chunk[digest] = what;
        }

        var chunks = grows ? _chunks.SetItem(_chunks.Length - 1, chunk) : _chunks.Add(chunk);
        return chunks.Length <= MostChunks
            ? new Memory([], chunks, ForgottenUpTo)
            : new Memory([], chunks.RemoveAt(0), Math.Max(ForgottenUpTo, chunks[0].Values.Max(r => r.Seq)));
    }
}
