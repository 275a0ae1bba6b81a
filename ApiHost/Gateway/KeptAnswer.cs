using System.Buffers;
using System.ComponentModel;
using Microsoft.Extensions.Caching.Hybrid;

namespace Budgets.ApiHost.Gateway;

/// <summary>A whole answer, as its first caller got it.</summary>
/// <param name="Cost">What it cost then.</param>
/// <param name="Model">That made it, as the provider calls it.</param>
[ImmutableObject(true)]
internal sealed record KeptAnswer(DateTimeOffset MadeAt, Money Cost, string Model, string ContentType, byte[] Body);

/// <summary>How it is kept where hosts share it.</summary>
internal sealed class KeptAnswerBytes : IHybridCacheSerializer<KeptAnswer>
{
    private const byte Version = 1;

    /// <exception cref="IOException">It is not one of these.</exception>
    public KeptAnswer Deserialize(ReadOnlySequence<byte> source)
    {
        using var reader = new BinaryReader(new MemoryStream(source.ToArray()));
        if (reader.ReadByte() != Version)
        {
            throw new IOException("An answer that is kept in another form.");
        }

        return new KeptAnswer(
            DateTimeOffset.FromUnixTimeMilliseconds(reader.ReadInt64()), new Money(reader.ReadInt64()), reader.ReadString(), reader.ReadString(), reader.ReadBytes(reader.ReadInt32()));
    }

    public void Serialize(KeptAnswer value, IBufferWriter<byte> target)
    {
        using var bytes = new MemoryStream(value.Body.Length + 128);
        using var writer = new BinaryWriter(bytes);
        writer.Write(Version);
        writer.Write(value.MadeAt.ToUnixTimeMilliseconds());
        writer.Write(value.Cost.Nanos);
        writer.Write(value.Model);
        writer.Write(value.ContentType);
        writer.Write(value.Body.Length);
        writer.Write(value.Body);
        writer.Flush();
        target.Write(bytes.GetBuffer().AsSpan(0, (int)bytes.Length));
    }
}
