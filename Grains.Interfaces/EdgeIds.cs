using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Budgets;

/// <summary>Ids that whoever asks a budget makes for each request, before the first try: unpredictable, but not secrets.</summary>
/// <remarks>20 base62 digits out of 128 random bits. The system's generator is asked for 4 KiB at a time: one call for each id would cost more than the id.</remarks>
public static class EdgeIds
{
    private const int Digits = 20;

    [ThreadStatic]
    private static byte[]? s_random;

    [ThreadStatic]
    private static int s_used;

    public static ChargeId Charge() => new(New(ChargeId.Prefix));

    public static HoldId Hold() => new(New(HoldId.Prefix));

    /// <summary>Of the hold that a call to a model is made under. The same call has the same, so that it is known again.</summary>
    /// <param name="digest">16 bytes at least; of everything that makes it the same call.</param>
    public static HoldId CallHold(ReadOnlySpan<byte> digest) => new(string.Create(HoldId.CallPrefix.Length + Digits, digest, static (span, digest) =>
    {
        HoldId.CallPrefix.CopyTo(span);
        Fill(span.Slice(HoldId.CallPrefix.Length, Digits / 2), MemoryMarshal.Read<ulong>(digest));
        Fill(span[(HoldId.CallPrefix.Length + (Digits / 2))..], MemoryMarshal.Read<ulong>(digest[8..]));
    }));

    /// <summary>Of a call that is like no other.</summary>
    public static HoldId CallHold() => CallHold(Take16());

    /// <summary>A key for a request whose caller gave none.</summary>
    public static IdempotencyKey Key() => new(New("idem_"));

    private static string New(string prefix) => string.Create(prefix.Length + Digits, prefix, static (span, prefix) =>
    {
        prefix.CopyTo(span);
        var random = Take16();
        Fill(span.Slice(prefix.Length, Digits / 2), MemoryMarshal.Read<ulong>(random));
        Fill(span[(prefix.Length + (Digits / 2))..], MemoryMarshal.Read<ulong>(random[8..]));
    });

    private static void Fill(Span<char> digits, ulong number)
    {
        for (var i = 0; i < digits.Length; i++)
        {
            digits[i] = Base62.Alphabet[(int)(number % 62)];
            number /= 62;
        }
    }

    private static ReadOnlySpan<byte> Take16()
    {
        var bytes = s_random ??= new byte[4096];
        if (s_used % bytes.Length == 0)
        {
            RandomNumberGenerator.Fill(bytes);
            s_used = 0;
        }

        s_used += 16;
        return bytes.AsSpan(s_used - 16, 16);
    }
}
