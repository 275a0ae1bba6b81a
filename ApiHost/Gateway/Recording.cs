using System.Buffers;

namespace Budgets.ApiHost.Gateway;

/// <summary>Takes down an answer while it goes to its caller, until it is too long to be kept. Goes along with the call that it is of.</summary>
/// <param name="key">Under which it would be kept.</param>
/// <param name="ended">Completed at its end, for those who wait to see what came of it; null: nobody does.</param>
internal sealed class Recording(string key, int mostBytes, TaskCompletionSource? ended) : IDisposable
{
    private readonly MemoryStream _bytes = new();
    private bool _isTooLong;

    public string Key { get; } = key;

    /// <summary>As the provider called it; null: it did not, or it is coded so that nobody here has read it.</summary>
    public string? ContentType { get; private set; }

    /// <summary>Null: there is none, or not the whole of it.</summary>
    public byte[]? Body => _isTooLong || _bytes.Length == 0 ? null : _bytes.ToArray();

    /// <summary>Null: the answer of this call is not kept.</summary>
    public static Recording? Of(HttpContext http) => http.Features.Get<Recording>();

    /// <summary>All of an answer in one piece.</summary>
    public void Take(HttpResponseMessage answer, ReadOnlySpan<byte> bytes)
    {
        Begin(answer);
        Take(bytes);
    }

    /// <summary>Writes on what is written to it, and takes it down.</summary>
    public IBufferWriter<byte> Beside(HttpResponseMessage answer, IBufferWriter<byte> output)
    {
        Begin(answer);
        return new Tee(this, output);
    }

    public void Dispose()
    {
        ended?.TrySetResult();
        _bytes.Dispose();
    }

    private void Begin(HttpResponseMessage answer) =>
        ContentType = answer.Content.Headers.ContentEncoding.Count == 0 ? answer.Content.Headers.ContentType?.ToString() : null;

    private void Take(ReadOnlySpan<byte> bytes)
    {
        _isTooLong |= _bytes.Length + bytes.Length > mostBytes;
        if (!_isTooLong)
        {
            _bytes.Write(bytes);
        }
        else if (_bytes.Length > 0)
        {
            _bytes.SetLength(0);
            _bytes.Capacity = 0;
        }
    }

    private sealed class Tee(Recording to, IBufferWriter<byte> output) : IBufferWriter<byte>
    {
        private Memory<byte> _given;

        public void Advance(int count)
        {
            to.Take(_given.Span[..count]);
            output.Advance(count);
        }

        public Memory<byte> GetMemory(int sizeHint = 0) => _given = output.GetMemory(sizeHint);

        public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;
    }
}
