using System.Buffers;

namespace Budgets.ApiHost.Gateway;

/// <summary>Server-sent events going by: they are passed on as they come and read beside that. One event is kept at most, and no longer than it lasts.</summary>
/// <param name="strips">True: the event that tells nothing but usage is not passed on, since the caller did not ask for it. Then whole events are.</param>
internal sealed class EventStream(Meter meter, bool strips) : IDisposable
{
    /// <summary>A longer event is passed on and counted by its bytes.</summary>
    private const int LongestEvent = 4 << 20;

    private byte[] _kept = ArrayPool<byte>.Shared.Rent(4_096);
    private int _length;
    private int _lineAt;

    /// <summary>Takes what came, and writes what is to be passed on.</summary>
    public void Pass(ReadOnlySpan<byte> bytes, IBufferWriter<byte> output)
    {
        if (!strips)
        {
            output.Write(bytes);
        }

        Keep(bytes);
        var eventAt = 0;
        while (_kept.AsSpan(_lineAt, _length - _lineAt).IndexOf((byte)'\n') is >= 0 and var line)
        {
            var isEmpty = line == 0 || (line == 1 && _kept[_lineAt] == '\r');
            _lineAt += line + 1;
            if (isEmpty)
            {
                Event(eventAt, _lineAt, output);
                eventAt = _lineAt;
            }
        }

        if (_length - eventAt > LongestEvent)
        {
            meter.Lost(_length - eventAt);
            PassOn(eventAt, _length, output);
            eventAt = _length;
        }

        _kept.AsSpan(eventAt, _length - eventAt).CopyTo(_kept);
        (_length, _lineAt) = (_length - eventAt, Math.Max(0, _lineAt - eventAt));
    }

    /// <summary>What is left without an end is passed on as it is.</summary>
    public void End(IBufferWriter<byte> output)
    {
        if (_length > 0)
        {
            Event(0, _length, output);
            _length = 0;
        }
    }

    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_kept);
        _kept = [];
    }

    private void Keep(ReadOnlySpan<byte> bytes)
    {
        if (_length + bytes.Length > _kept.Length)
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Max(_kept.Length * 2, _length + bytes.Length));
            _kept.AsSpan(0, _length).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_kept);
            _kept = larger;
        }

        bytes.CopyTo(_kept.AsSpan(_length));
        _length += bytes.Length;
    }

    private void Event(int from, int end, IBufferWriter<byte> output)
    {
        meter.LastWasUsageAlone = false;
        var data = Data(from, end);
        if (data.Span.SequenceEqual("[DONE]"u8))
        {
            meter.IsDone = true;
        }
        else if (!data.IsEmpty)
        {
            meter.Read(data);
        }

        if (!meter.LastWasUsageAlone)
        {
            PassOn(from, end, output);
        }
    }

    private void PassOn(int from, int end, IBufferWriter<byte> output)
    {
        if (strips)
        {
            output.Write(_kept.AsSpan(from, end - from));
        }
    }

    /// <summary>The lines that begin with "data:", joined (source: the HTML standard, "Server-sent events").</summary>
    private ReadOnlyMemory<byte> Data(int from, int end)
    {
        ReadOnlyMemory<byte> data = default;
        while (from < end)
        {
            var line = _kept.AsSpan(from, end - from).IndexOf((byte)'\n') is >= 0 and var at ? _kept.AsMemory(from, at) : _kept.AsMemory(from, end - from);
            from += line.Length + 1;
            if (line.Span.StartsWith("data:"u8))
            {
                var said = line["data:".Length..].Trim(" \r"u8);
                data = data.IsEmpty ? said : (byte[])[.. data.Span, (byte)'\n', .. said.Span];
            }
        }

        return data;
    }
}
