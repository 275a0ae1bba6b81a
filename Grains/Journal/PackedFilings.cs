using System.Buffers.Binary;
using System.Collections.Immutable;
using System.IO.Hashing;
using Budgets.Ledger;

namespace Budgets.Journal;

/// <summary>An append's filings as stores keep them beside its row: 16 bytes of digest and 4 of the event's place in the row, each big-endian; then a checksum.</summary>
/// <remarks>The hash chain covers what happened. The checksum (CRC-32 of the filings, the row's owner, first seq and count) covers what leads there. Rows of earlier versions have none.</remarks>
public static class PackedFilings
{
    private const int DigestBytes = 16;
    private const int FilingBytes = DigestBytes + sizeof(int);
    private const int ChecksumBytes = sizeof(uint);

    /// <param name="owner">The store's number of the journal, where the row could be taken for another's.</param>
    public static byte[] Pack(Append append, long owner = 0)
    {
        var bytes = new byte[(append.Filings.Length * FilingBytes) + ChecksumBytes];
        var at = bytes.AsSpan();
        foreach (var filing in append.Filings)
        {
            BinaryPrimitives.WriteUInt128BigEndian(at, filing.Digest.Value);
            BinaryPrimitives.WriteInt32BigEndian(at[DigestBytes..], (int)(filing.Seq - append.Row.FirstSeq));
            at = at[FilingBytes..];
        }

        BinaryPrimitives.WriteUInt32BigEndian(at, Checksum(bytes.AsSpan(..^ChecksumBytes), append.Row.FirstSeq, append.Row.Count, owner));
        return bytes;
    }

    /// <exception cref="JournalCorruptException">Not what was packed for this row.</exception>
    public static ImmutableArray<Filing> Unpack(ReadOnlySpan<byte> bytes, long firstSeq, long count, long owner = 0)
    {
        var (filings, rest) = Math.DivRem(bytes.Length, FilingBytes);
        if (rest != 0 && !IsOf(bytes, firstSeq, count, owner))
        {
            throw new JournalCorruptException($"What is filed beside the row at {firstSeq} is not what was written.");
        }

        var unpacked = ImmutableArray.CreateBuilder<Filing>(filings);
        for (var at = 0; at < filings * FilingBytes; at += FilingBytes)
        {
            unpacked.Add(new Filing(new Digest(BinaryPrimitives.ReadUInt128BigEndian(bytes[at..])), firstSeq + BinaryPrimitives.ReadInt32BigEndian(bytes[(at + DigestBytes)..])));
        }

        return unpacked.MoveToImmutable();
    }

    /// <summary>Whether the checksum is of this row, of this owner.</summary>
    public static bool IsOf(ReadOnlySpan<byte> bytes, long firstSeq, long count, long owner) =>
        bytes.Length % FilingBytes == ChecksumBytes
        && BinaryPrimitives.ReadUInt32BigEndian(bytes[^ChecksumBytes..]) == Checksum(bytes[..^ChecksumBytes], firstSeq, count, owner);

    private static uint Checksum(ReadOnlySpan<byte> filings, long firstSeq, long count, long owner)
    {
        Span<byte> row = stackalloc byte[3 * sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(row, owner);
        BinaryPrimitives.WriteInt64BigEndian(row[8..], firstSeq);
        BinaryPrimitives.WriteInt64BigEndian(row[16..], count);
        return Crc32.HashToUInt32(filings) ^ Crc32.HashToUInt32(row);
    }
}
