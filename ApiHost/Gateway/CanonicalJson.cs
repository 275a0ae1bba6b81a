using System.Buffers;
using System.Buffers.Binary;
using System.Text.Json;

namespace Budgets.ApiHost.Gateway;

/// <summary>
/// One form of all texts that say the same: without white space, strings without escapes and with their length before them, members in the order of their names,
/// numbers as they were written. Members of one name stay in the order they came in, since which of them counts is the reader's affair. To be compared, not to be read.
/// </summary>
internal sealed class CanonicalJson : IDisposable
{
    private static readonly JsonReaderOptions s_deep = new() { MaxDepth = 256 };

    private byte[] _bytes;
    private int _length;

    /// <param name="json">Was read before: it is well-formed, and its strings are text.</param>
    public CanonicalJson(ReadOnlySpan<byte> json)
    {
        _bytes = ArrayPool<byte>.Shared.Rent(json.Length + 256);
        var reader = new Utf8JsonReader(json, s_deep);
        reader.Read();
        Value(ref reader);
    }

    public ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, _length);

    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = [];
    }

    private void Value(ref Utf8JsonReader json)
    {
        switch (json.TokenType)
        {
            case JsonTokenType.StartObject:
                Members(ref json);
                break;
            case JsonTokenType.StartArray:
                Put((byte)'[');
                while (json.Read() && json.TokenType != JsonTokenType.EndArray)
                {
                    Value(ref json);
                }

                Put((byte)']');
                break;
            case JsonTokenType.String:
                Text(ref json);
                break;
            default:
                json.ValueSpan.CopyTo(Room(json.ValueSpan.Length));
                _length += json.ValueSpan.Length;
                Put((byte)',');
                break;
        }
    }

    private void Members(ref Utf8JsonReader json)
    {
        Put((byte)'{');
        var from = _length;
        var members = new List<(int At, int ValueAt, int End)>();
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            var at = _length;
            Text(ref json);
            var valueAt = _length;
            json.Read();
            Value(ref json);
            members.Add((at, valueAt, _length));
        }

        Sort(from, members);
        Put((byte)'}');
    }

    private void Sort(int from, List<(int At, int ValueAt, int End)> members)
    {
        int ByName((int At, int ValueAt, int End) a, (int At, int ValueAt, int End) b) =>
            _bytes.AsSpan(a.At, a.ValueAt - a.At).SequenceCompareTo(_bytes.AsSpan(b.At, b.ValueAt - b.At)) is not 0 and var order ? order : a.At.CompareTo(b.At);

        members.Sort(ByName);
        var sorted = ArrayPool<byte>.Shared.Rent(_length - from);
        var length = 0;
        foreach (var (at, _, end) in members)
        {
            _bytes.AsSpan(at, end - at).CopyTo(sorted.AsSpan(length));
            length += end - at;
        }

        sorted.AsSpan(0, length).CopyTo(_bytes.AsSpan(from));
        ArrayPool<byte>.Shared.Return(sorted);
    }

    private void Text(ref Utf8JsonReader json)
    {
        Put((byte)'"');
        var room = Room(sizeof(int) + json.ValueSpan.Length);
        var length = json.CopyString(room[sizeof(int)..]);
        BinaryPrimitives.WriteInt32BigEndian(room, length);
        _length += sizeof(int) + length;
    }

    private void Put(byte one)
    {
        Room(1)[0] = one;
        _length++;
    }

    private Span<byte> Room(int bytes)
    {
        if (_length + bytes > _bytes.Length)
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Max(_bytes.Length * 2, _length + bytes));
            Bytes.CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_bytes);
            _bytes = larger;
        }

        return _bytes.AsSpan(_length);
    }
}
