using System.Security.Cryptography;

namespace Budgets.Journal;

/// <summary>Each row's hash covers the row before: a byte changed, a row dropped or moved breaks every hash after it.</summary>
public static class HashChain
{
    public static readonly ReadOnlyMemory<byte> Root = new byte[SHA256.HashSizeInBytes];

    [ThreadStatic]
    private static IncrementalHash? t_hash;

    public static byte[] Next(ReadOnlySpan<byte> previous, ReadOnlySpan<byte> content)
    {
        var hash = t_hash ??= IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(previous);
        hash.AppendData(content);
        return hash.GetHashAndReset();
    }

    public static bool Follows(ReadOnlyMemory<byte> previous, JournalRow row) =>
        Next(previous.Span, row.Events.Span).AsSpan().SequenceEqual(row.Hash.Span);

    /// <summary>The row begins where the one before it ends, and its hash is of both.</summary>
    public static bool Follows(JournalEnd before, JournalRow row) => row.FirstSeq == before.Seq + 1 && Follows(before.Hash, row);

    public static Snapshot Sealed(long seq, ReadOnlyMemory<byte> hash, ReadOnlyMemory<byte> state) =>
        new(seq, hash, state, Next(hash.Span, state.Span));

    public static bool IsSealed(Snapshot snapshot) =>
        Next(snapshot.Hash.Span, snapshot.State.Span).AsSpan().SequenceEqual(snapshot.Seal.Span);
}
