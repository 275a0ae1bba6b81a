using System.Buffers;
using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Budgets.Journal;

/// <summary>Events as [{"charged.v1": {…}}, …] and states as one object. Names are promises: a changed shape gets a new version beside the old one.</summary>
public abstract class JsonCodec<TState, TEvent> : IJournalCodec<TState, TEvent>
    where TEvent : class
{
    [ThreadStatic]
    private static Utf8JsonWriter? t_writer;

    private readonly ImmutableArray<Shape> _shapes;

    private protected JsonCodec(ImmutableArray<Shape> shapes) => _shapes = shapes;

    public abstract TState Fold(TState state, TEvent e);

    public abstract long SeqOf(TState state);

    /// <summary>Nothing is looked up by a key, unless a codec says what is.</summary>
    public virtual void File(TEvent e, long seq, ImmutableArray<Filing>.Builder filings)
    {
    }

    /// <summary>Whether a row that begins at <paramref name="from"/> ends before <paramref name="at"/>: what is often read should not have to be read with what is not.</summary>
    private protected virtual bool Parts(IReadOnlyList<TEvent> events, int from, int at) => false;

    private protected abstract void Write(Utf8JsonWriter writer, TState state);

    private protected abstract TState? Read(ReadOnlySpan<byte> state);

    public int Encode(IReadOnlyList<TEvent> events, IBufferWriter<byte> into, int from = 0, int enough = int.MaxValue)
    {
        var writer = t_writer ??= new Utf8JsonWriter(into, new JsonWriterOptions { SkipValidation = true });
        writer.Reset(into);
        writer.WriteStartArray();
        var at = from;
        for (; at < events.Count && (at == from || (writer.BytesCommitted + writer.BytesPending < enough && !Parts(events, from, at))); at++)
        {
            var shape = ShapeOf(events[at]);
            writer.WriteStartObject();
            writer.WritePropertyName(shape.Name);
            shape.Write(writer, events[at]);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.Flush();
        return at - from;
    }

    public ImmutableArray<TEvent> Decode(ReadOnlyMemory<byte> events)
    {
        try
        {
            var reader = new Utf8JsonReader(events.Span);
            var decoded = ImmutableArray.CreateBuilder<TEvent>();
            Expect(ref reader, JsonTokenType.StartArray);
            while (reader.Read() && reader.TokenType == JsonTokenType.StartObject)
            {
                decoded.Add(One(ref reader));
            }

            return decoded.ToImmutable();
        }
        catch (Exception e) when (IsMalformed(e))
        {
            throw new JournalCorruptException("A row is not the JSON that was written.", e);
        }
    }

    /// <summary>One event of a row; those around it are passed over without being made.</summary>
    /// <exception cref="JournalCorruptException">Not what <see cref="Encode"/> writes, or there are not so many.</exception>
    public TEvent DecodeOne(ReadOnlyMemory<byte> events, int place)
    {
        try
        {
            var reader = new Utf8JsonReader(events.Span);
            Expect(ref reader, JsonTokenType.StartArray);
            for (var i = 0; ; i++)
            {
                Expect(ref reader, JsonTokenType.StartObject);
                if (i == place)
                {
                    return One(ref reader);
                }

                reader.Skip();
            }
        }
        catch (Exception e) when (IsMalformed(e))
        {
            throw new JournalCorruptException("A row is not the JSON that was written.", e);
        }
    }

    public void EncodeState(TState state, IBufferWriter<byte> into)
    {
        using var writer = new Utf8JsonWriter(into, new JsonWriterOptions { SkipValidation = true });
        Write(writer, state);
    }

    public TState DecodeState(ReadOnlyMemory<byte> state)
    {
        try
        {
            return Read(state.Span) ?? throw new JournalCorruptException("A snapshot is null.");
        }
        catch (Exception e) when (IsMalformed(e))
        {
            throw new JournalCorruptException("A snapshot is not the JSON that was written.", e);
        }
    }

    // The reader and the converters each have their own way to say that it is not what was written.
    private static bool IsMalformed(Exception e) => e is JsonException or InvalidOperationException or FormatException or OverflowException or ArgumentException;

    private TEvent One(ref Utf8JsonReader reader)
    {
        Expect(ref reader, JsonTokenType.PropertyName);
        var name = reader.GetString();
        var shape = _shapes.FirstOrDefault(s => s.Name.Value == name)
            ?? throw new JournalCorruptException($"There is no event named '{name}'.");
        reader.Read();
        var e = shape.Read(ref reader);
        Expect(ref reader, JsonTokenType.EndObject);
        return e;
    }

    private Shape ShapeOf(TEvent e)
    {
        foreach (var shape in _shapes)
        {
            if (shape.Type == e.GetType())
            {
                return shape;
            }
        }

        throw new InvalidOperationException($"{e.GetType().Name} has no stored shape.");
    }

    private static void Expect(ref Utf8JsonReader reader, JsonTokenType token)
    {
        if (!reader.Read() || reader.TokenType != token)
        {
            throw new JsonException($"Expected {token}.");
        }
    }

    private protected abstract class Shape(string name, Type type)
    {
        public JsonEncodedText Name { get; } = JsonEncodedText.Encode(name);

        public Type Type { get; } = type;

        public static Shape Of<T>(string name, JsonTypeInfo<T> info)
            where T : class, TEvent => new Typed<T>(name, info);

        public abstract void Write(Utf8JsonWriter writer, TEvent e);

        public abstract TEvent Read(ref Utf8JsonReader reader);

        private sealed class Typed<T>(string name, JsonTypeInfo<T> info) : Shape(name, typeof(T))
            where T : class, TEvent
        {
            public override void Write(Utf8JsonWriter writer, TEvent e) => JsonSerializer.Serialize(writer, (T)e, info);

            public override TEvent Read(ref Utf8JsonReader reader) =>
                JsonSerializer.Deserialize(ref reader, info) ?? throw new JsonException("An event is null.");
        }
    }
}
