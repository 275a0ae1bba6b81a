using System.Buffers.Binary;
using System.IO.Hashing;
using Budgets.Journal;
using Budgets.Ledger;

namespace Budgets.Storage.AzureTables.Journal;

/// <summary>Where the digests of some thousand consecutive events lead: sorted, eight bytes each. Written with each snapshot, never changed.</summary>
/// <remarks>Only the first four bytes of a digest are kept: whoever finds one looks at the row itself, where it stands in full.</remarks>
internal sealed class FilingRun
{
    private readonly ulong[] _sorted;
    private readonly long _lastSeq;

    private FilingRun(ulong[] sorted, long lastSeq) => (_sorted, _lastSeq) = (sorted, lastSeq);

    public static FilingRun Of(IEnumerable<Filing> filings, long lastSeq)
    {
        ulong[] sorted = [.. filings.Select(f => Join(f.Digest, checked((uint)(lastSeq - f.Seq))))];
        Array.Sort(sorted);
        return new FilingRun(sorted, lastSeq);
    }

    /// <exception cref="JournalCorruptException">Not what was written. Runs of earlier versions have no checksum.</exception>
    public static FilingRun Parse(ReadOnlySpan<byte> bytes, long lastSeq)
    {
        if (bytes.Length % sizeof(ulong) != 0)
        {
            if (bytes.Length % sizeof(ulong) != sizeof(uint) || BinaryPrimitives.ReadUInt32BigEndian(bytes[^sizeof(uint)..]) != Checksum(bytes[..^sizeof(uint)], lastSeq))
            {
                throw new JournalCorruptException($"The run of filings up to {lastSeq} is not what was written.");
            }
        }

        var sorted = new ulong[bytes.Length / sizeof(ulong)];
        for (var i = 0; i < sorted.Length; i++)
        {
            sorted[i] = BinaryPrimitives.ReadUInt64BigEndian(bytes[(i * sizeof(ulong))..]);
        }

        return new FilingRun(sorted, lastSeq);
    }

    public byte[] ToBytes()
    {
        var bytes = new byte[(_sorted.Length * sizeof(ulong)) + sizeof(uint)];
        for (var i = 0; i < _sorted.Length; i++)
        {
            BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(i * sizeof(ulong)), _sorted[i]);
        }

        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(^sizeof(uint)..), Checksum(bytes.AsSpan(..^sizeof(uint)), _lastSeq));
        return bytes;
    }

    /// <summary>Seqs whose events may be filed under a digest, newest first.</summary>
    public IEnumerable<long> Candidates(Digest digest)
    {
        var from = Array.BinarySearch(_sorted, Join(digest, 0));
        for (var i = from < 0 ? ~from : from; i < _sorted.Length && (uint)(_sorted[i] >> 32) == Prefix(digest); i++)
        {
            yield return _lastSeq - (uint)_sorted[i];
        }
    }

    // The distance from the end: so that of one digest's events the newest sorts first.
    private static ulong Join(Digest digest, uint distance) => ((ulong)Prefix(digest) << 32) | distance;

    private static uint Checksum(ReadOnlySpan<byte> sorted, long lastSeq)
    {
        Span<byte> last = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(last, lastSeq);
        return Crc32.HashToUInt32(sorted) ^ Crc32.HashToUInt32(last);
    }

    private static uint Prefix(Digest digest) => (uint)(digest.Value >> 96);
}
