using System.Buffers.Binary;
using Budgets.Ledger;

namespace Budgets.Journal;

/// <summary>An append's filings as stores keep them beside its row: 16 bytes of digest and 4 of the event's place in the row, each big-endian.</summary>
public static class PackedFilings
{
    private const int DigestBytes = 16;
    private const int FilingBytes = DigestBytes + sizeof(int);

    public static byte[] Pack(Append append)
    {
        var bytes = new byte[append.Filings.Length * FilingBytes];
        var at = bytes.AsSpan();
        foreach (var filing in append.Filings)
        {
            BinaryPrimitives.WriteUInt128BigEndian(at, filing.Digest.Value);
            BinaryPrimitives.WriteInt32BigEndian(at[DigestBytes..], (int)(filing.Seq - append.Row.FirstSeq));
            at = at[FilingBytes..];
        }

        return bytes;
    }

    /// <param name="firstSeq">Of the row.</param>
    public static IEnumerable<Filing> Unpack(byte[] bytes, long firstSeq)
    {
        for (var at = 0; at < bytes.Length; at += FilingBytes)
        {
            yield return new Filing(
                new Digest(BinaryPrimitives.ReadUInt128BigEndian(bytes.AsSpan(at))), firstSeq + BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(at + DigestBytes)));
        }
    }
}
