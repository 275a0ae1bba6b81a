using System.Buffers;
using System.Collections.Concurrent;

namespace Budgets.Journal;

/// <summary>Buffers for what is on its way to the store: lent for one append, so that an idle budget holds none.</summary>
internal static class Buffers
{
    private const int MostKept = 256;
    private const int LargestKept = 1 << 20;

    private static readonly ConcurrentBag<ArrayBufferWriter<byte>> Kept = [];

    public static ArrayBufferWriter<byte> Rent() => Kept.TryTake(out var buffer) ? buffer : new ArrayBufferWriter<byte>(1024);

    public static void Return(ArrayBufferWriter<byte> buffer)
    {
        if (buffer.Capacity <= LargestKept && Kept.Count < MostKept)
        {
            buffer.ResetWrittenCount();
            Kept.Add(buffer);
        }
    }
}
