using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Budgets.ApiHost.Auth;

/// <summary>The SHA-256 of a whole key as four numbers: a dictionary key that needs no allocation.</summary>
/// <remarks>Always the full hash: a cache keyed by a part of a token mixed up users elsewhere (CVE-2026-35030).</remarks>
internal readonly record struct KeyDigest(ulong A, ulong B, ulong C, ulong D)
{
    public static KeyDigest Read(ReadOnlySpan<byte> sha256) => new(
        BinaryPrimitives.ReadUInt64BigEndian(sha256),
        BinaryPrimitives.ReadUInt64BigEndian(sha256[8..]),
        BinaryPrimitives.ReadUInt64BigEndian(sha256[16..]),
        BinaryPrimitives.ReadUInt64BigEndian(sha256[24..]));

    public static KeyDigest Of(KeyHash hash) => Read(Convert.FromHexString(hash.Hex));

    public KeyHash ToHash()
    {
        Span<byte> bytes = stackalloc byte[SHA256.HashSizeInBytes];
        Write(bytes);
        return new KeyHash(Convert.ToHexStringLower(bytes));
    }

    /// <summary>Takes the same time wherever the two differ.</summary>
    public bool EqualsInFixedTime(KeyDigest other)
    {
        Span<byte> mine = stackalloc byte[SHA256.HashSizeInBytes];
        Span<byte> theirs = stackalloc byte[SHA256.HashSizeInBytes];
        Write(mine);
        other.Write(theirs);
        return CryptographicOperations.FixedTimeEquals(mine, theirs);
    }

    // A hash is random already.
    public override int GetHashCode() => (int)A;

    private void Write(Span<byte> bytes)
    {
        BinaryPrimitives.WriteUInt64BigEndian(bytes, A);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[8..], B);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[16..], C);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[24..], D);
    }
}
