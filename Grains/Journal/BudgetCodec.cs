using System.Buffers;
using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Budgets.Ledger;

namespace Budgets.Journal;

/// <summary>A budget's events as [{"charged.v1": {…}}, …]. Names are promises: a changed shape gets a new version beside the old one.</summary>
public sealed class BudgetCodec : IJournalCodec<BudgetState, BudgetEvent>
{
    public static readonly BudgetCodec Instance = new();

    private static readonly ImmutableArray<Shape> Shapes =
    [
        Shape.Of("charged.v1", StoredJson.Default.Charged),
        Shape.Of("held.v1", StoredJson.Default.Held),
        Shape.Of("settled.v1", StoredJson.Default.Settled),
        Shape.Of("released.v1", StoredJson.Default.Released),
        Shape.Of("extended.v1", StoredJson.Default.Extended),
        Shape.Of("expired.v1", StoredJson.Default.Expired),
        Shape.Of("rolled.v1", StoredJson.Default.Rolled),
        Shape.Of("day_closed.v1", StoredJson.Default.DayClosed),
        Shape.Of("opened.v1", StoredJson.Default.Opened),
        Shape.Of("configured.v1", StoredJson.Default.Configured),
        Shape.Of("described.v1", StoredJson.Default.Described),
        Shape.Of("frozen.v1", StoredJson.Default.Frozen),
        Shape.Of("unfrozen.v1", StoredJson.Default.Unfrozen),
        Shape.Of("closed.v1", StoredJson.Default.Closed),
    ];

    [ThreadStatic]
    private static Utf8JsonWriter? t_writer;

    private BudgetCodec()
    {
    }

    public BudgetState Fold(BudgetState state, BudgetEvent e) => Ledger.Fold.Apply(state, e);

    public long SeqOf(BudgetState state) => state.Seq;

    public int Encode(IReadOnlyList<BudgetEvent> events, IBufferWriter<byte> into, int from = 0, int enough = int.MaxValue)
    {
        var writer = t_writer ??= new Utf8JsonWriter(into, new JsonWriterOptions { SkipValidation = true });
        writer.Reset(into);
        writer.WriteStartArray();
        var at = from;
        for (; at < events.Count && (at == from || writer.BytesCommitted + writer.BytesPending < enough); at++)
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

    public ImmutableArray<BudgetEvent> Decode(ReadOnlyMemory<byte> events)
    {
        try
        {
            var reader = new Utf8JsonReader(events.Span);
            var decoded = ImmutableArray.CreateBuilder<BudgetEvent>();
            Expect(ref reader, JsonTokenType.StartArray);
            while (reader.Read() && reader.TokenType == JsonTokenType.StartObject)
            {
                Expect(ref reader, JsonTokenType.PropertyName);
                var name = reader.GetString();
                var shape = Shapes.FirstOrDefault(s => s.Name.Value == name)
                    ?? throw new JournalCorruptException($"There is no event named '{name}'.");
                reader.Read();
                decoded.Add(shape.Read(ref reader));
                Expect(ref reader, JsonTokenType.EndObject);
            }

            return decoded.ToImmutable();
        }
        catch (Exception e) when (IsMalformed(e))
        {
            throw new JournalCorruptException("A row is not the JSON that was written.", e);
        }
    }

    public void EncodeState(BudgetState state, IBufferWriter<byte> into)
    {
        using var writer = new Utf8JsonWriter(into, new JsonWriterOptions { SkipValidation = true });
        JsonSerializer.Serialize(writer, StoredState.Of(state), StoredJson.Default.StoredState);
    }

    public BudgetState DecodeState(ReadOnlyMemory<byte> state)
    {
        try
        {
            return JsonSerializer.Deserialize(state.Span, StoredJson.Default.StoredState)?.ToState()
                ?? throw new JournalCorruptException("A snapshot is null.");
        }
        catch (Exception e) when (IsMalformed(e))
        {
            throw new JournalCorruptException("A snapshot is not the JSON that was written.", e);
        }
    }

    public void File(BudgetEvent e, long seq, ImmutableArray<Filing>.Builder filings)
    {
        var (hold, key) = e switch
        {
            Charged c => (null, c.Key),
            Held h => (null, h.Key),
            Settled t => (t.Hold.Id, t.Key),
            Released r => (r.Hold.Id, r.Key),
            Expired x => (x.Hold.Id, null),
            Extended x => (null, x.Key),
            _ => ((HoldId?)null, (IdempotencyKey?)null),
        };
        if (hold is { } h1)
        {
            filings.Add(new Filing(Digest.Of(h1), seq));
        }

        if (key is { } k)
        {
            filings.Add(new Filing(Digest.Of(k), seq));
        }
    }

    // The reader and the converters each have their own way to say that it is not what was written.
    private static bool IsMalformed(Exception e) => e is JsonException or InvalidOperationException or FormatException or OverflowException or ArgumentException;

    private static Shape ShapeOf(BudgetEvent e)
    {
        foreach (var shape in Shapes)
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

    private abstract class Shape(string name, Type type)
    {
        public JsonEncodedText Name { get; } = JsonEncodedText.Encode(name);

        public Type Type { get; } = type;

        public static Shape Of<T>(string name, JsonTypeInfo<T> info)
            where T : BudgetEvent => new Typed<T>(name, info);

        public abstract void Write(Utf8JsonWriter writer, BudgetEvent e);

        public abstract BudgetEvent Read(ref Utf8JsonReader reader);

        private sealed class Typed<T>(string name, JsonTypeInfo<T> info) : Shape(name, typeof(T))
            where T : BudgetEvent
        {
            public override void Write(Utf8JsonWriter writer, BudgetEvent e) => JsonSerializer.Serialize(writer, (T)e, info);

            public override BudgetEvent Read(ref Utf8JsonReader reader) =>
                JsonSerializer.Deserialize(ref reader, info) ?? throw new JsonException("An event is null.");
        }
    }
}
