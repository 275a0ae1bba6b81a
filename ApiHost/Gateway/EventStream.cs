using System.Buffers;

namespace Budgets.ApiHost.Gateway;

/// <summary>
/// Server-sent events going by: each is passed on when it is whole, and read beside that; none is kept for longer. They are passed on byte for byte,
/// but for errors, which are told with discretion: part of one must not be gone before it is known what it is.
/// </summary>
/// <param name="provider">Whose events they are.</param>
/// <param name="strips">True: the event that tells nothing but usage is not passed on, since the caller did not ask for it.</param>
internal sealed class EventStream(Meter meter, Provider provider, bool strips) : IDisposable
{
    /// <summary>A longer event is no error; it is passed on as it comes and counted by its bytes.</summary>
    private const int LongestEvent = 4 << 20;

    private byte[] _kept = ArrayPool<byte>.Shared.Rent(4_096);
    private int _length;
    private int _passedTo;
    private int _eventAt;
    private int _lineAt;

    /// <summary>Takes what came, and writes what is to be passed on.</summary>
    public void Pass(ReadOnlySpan<byte> bytes, IBufferWriter<byte> output)
    {
        Keep(bytes);
        while (_kept.AsSpan(_lineAt, _length - _lineAt).IndexOf((byte)'\n') is >= 0 and var line)
        {
            var isEmpty = line == 0 || (line == 1 && _kept[_lineAt] == '\r');

            // A comment before an event is a sign of life, which waits for nothing.
            var isComment = _lineAt == _eventAt && _kept[_lineAt] == ':';
            _lineAt += line + 1;
            if (isEmpty)
            {
                Event(_lineAt, output);
            }
            else if (isComment)
            {
                _eventAt = _lineAt;
            }
        }

        if (_length - _eventAt > LongestEvent)
        {
            meter.Lost(_length - _eventAt);
            _eventAt = _length;
        }

        PassOn(_eventAt, output);
        _kept.AsSpan(_eventAt, _length - _eventAt).CopyTo(_kept);
        (_length, _lineAt, _eventAt, _passedTo) = (_length - _eventAt, Math.Max(0, _lineAt - _eventAt), 0, 0);
    }

    /// <summary>What is left without an end is passed on as well.</summary>
    public void End(IBufferWriter<byte> output)
    {
        if (_length > 0)
        {
            Event(_length, output);
            PassOn(_length, output);
            (_length, _lineAt, _eventAt, _passedTo) = (0, 0, 0, 0);
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

    private void Event(int end, IBufferWriter<byte> output)
    {
        (meter.LastWasUsageAlone, meter.LastWasError) = (false, false);
        var (data, isError) = Read(_eventAt, end);
        if (data.Span.SequenceEqual("[DONE]"u8))
        {
            meter.IsDone = true;
        }
        else if (!data.IsEmpty)
        {
            meter.Read(data);
        }

        if (isError || meter.LastWasError)
        {
            PassOn(_eventAt, output);
            output.Write(Discretion.Hide(_kept[_eventAt..end], provider));
            _passedTo = end;
        }
        else if (strips && meter.LastWasUsageAlone)
        {
            PassOn(_eventAt, output);
            _passedTo = end;
        }

        _eventAt = end;
    }

    private void PassOn(int until, IBufferWriter<byte> output)
    {
        if (until > _passedTo)
        {
            output.Write(_kept.AsSpan(_passedTo, until - _passedTo));
            _passedTo = until;
        }
    }

    /// <summary>The lines that begin with "data:", joined, and whether the event is called an error (source: the HTML standard, "Server-sent events").</summary>
    private (ReadOnlyMemory<byte> Data, bool IsError) Read(int from, int end)
    {
        ReadOnlyMemory<byte> data = default;
        var isError = false;
        while (from < end)
        {
            var line = _kept.AsSpan(from, end - from).IndexOf((byte)'\n') is >= 0 and var at ? _kept.AsMemory(from, at) : _kept.AsMemory(from, end - from);
            from += line.Length + 1;
            if (line.Span.StartsWith("data:"u8))
            {
                var said = line["data:".Length..].Trim(" \r"u8);
                data = data.IsEmpty ? said : (byte[])[.. data.Span, (byte)'\n', .. said.Span];
            }
            else if (line.Span.StartsWith("event:"u8))
            {
                isError = line.Span["event:".Length..].Trim(" \r"u8).SequenceEqual("error"u8);
            }
        }

        return (data, isError);
    }
}
