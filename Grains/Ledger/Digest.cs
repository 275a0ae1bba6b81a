using System.Buffers.Binary;
using System.Globalization;
using System.IO.Hashing;
using System.Security.Cryptography;
using System.Text;

namespace Budgets.Ledger;

/// <summary>128 bits that stand for a text: what an entry can be found by (an idempotency key or a hold id), or what a request said.</summary>
/// <remarks>
/// What a request said is hashed with SHA-256, so that no two requests can be made to look the same. What entries are found by is
/// hashed with the faster XXH128: a caller who searches for two keys of its own that collide only has the second refused as reused.
/// </remarks>
public readonly record struct Digest(UInt128 Value)
{
    private const int StackBytes = 256;

    public static readonly Digest None;

    /// <summary>Finds the accepted request that used this key.</summary>
    public static Digest Of(IdempotencyKey key) => Handle('k', key.Value);

    /// <summary>Finds the newest entry about this hold.</summary>
    public static Digest Of(HoldId hold) => Handle('h', hold.Value);

    /// <summary>Finds the entry that ended this approval, or used it.</summary>
    public static Digest Of(ApprovalId approval) => Handle('a', approval.Value);

    /// <summary>Finds the newest entry that closed this day.</summary>
    public static Digest Of(DateOnly day) => Handle('d', day.ToString("O", CultureInfo.InvariantCulture));

    /// <summary>Finds what was last told of a recharge.</summary>
    public static Digest Of(RechargeId recharge) => Handle('r', recharge.Value);

    /// <summary>Stands for the content of a request.</summary>
    public static Digest OfRequest(ReadOnlySpan<byte> content)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(content, hash);
        return new Digest(BinaryPrimitives.ReadUInt128BigEndian(hash));
    }

    private static Digest Handle(char kind, string text)
    {
        Span<byte> bytes = stackalloc byte[StackBytes];
        return new Digest(XxHash128.HashToUInt128(Utf8(text, kind, bytes)));
    }

    private static Span<byte> Utf8(ReadOnlySpan<char> text, char kind, Span<byte> buffer)
    {
        var most = 1 + Encoding.UTF8.GetMaxByteCount(text.Length);
        buffer = most <= buffer.Length ? buffer : new byte[most];
        buffer[0] = (byte)kind;
        return buffer[..(1 + Encoding.UTF8.GetBytes(text, buffer[1..]))];
    }
}
