using System.Buffers;
using Microsoft.Extensions.ObjectPool;

namespace Budgets.Journal;

/// <summary>Buffers for what is on its way to the store: lent for one append, so that an idle budget holds none.</summary>
internal static class Buffers
{
    public static readonly ObjectPool<ArrayBufferWriter<byte>> Pool = new DefaultObjectPool<ArrayBufferWriter<byte>>(new Policy(), maximumRetained: 256);

    private sealed class Policy : PooledObjectPolicy<ArrayBufferWriter<byte>>
    {
        private const int LargestKept = 1 << 20;

        public override ArrayBufferWriter<byte> Create() => new(1024);

        public override bool Return(ArrayBufferWriter<byte> buffer)
        {
            buffer.ResetWrittenCount();
            return buffer.Capacity <= LargestKept;
        }
    }
}
