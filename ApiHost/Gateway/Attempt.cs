using System.Runtime.ExceptionServices;

namespace Budgets.ApiHost.Gateway;

/// <summary>One try of a call, and what came of it: an answer that has begun, an error that was read to its end, or neither.</summary>
internal sealed class Attempt : IDisposable
{
    private readonly HttpResponseMessage? _answer;
    private readonly ExceptionDispatchInfo? _fault;

    /// <param name="error">The body of an error; empty for an answer that is none.</param>
    public Attempt(HttpResponseMessage answer, byte[] error) => (_answer, Error) = (answer, error);

    public Attempt(Exception fault) => (_fault, Error) = (ExceptionDispatchInfo.Capture(fault), []);

    public byte[] Error { get; }

    /// <exception cref="HttpRequestException">There is none.</exception>
    public HttpResponseMessage Answer
    {
        get
        {
            _fault?.Throw();
            return _answer!;
        }
    }

    /// <summary>What somebody looks for who wants to know why it is tried again.</summary>
    public string Outcome => _answer is { } answer ? $"{(int)answer.StatusCode}" : $"{(_fault!.SourceException as HttpRequestException)?.HttpRequestError}";

    /// <summary>How long the provider asks to wait; null: it does not say. A date that has passed is no wait.</summary>
    public TimeSpan? AskedToWait(DateTimeOffset now)
    {
        if (_answer is null)
        {
            return null;
        }

        if (_answer.Headers.TryGetValues("retry-after-ms", out var told) && double.TryParse(told.First(), System.Globalization.CultureInfo.InvariantCulture, out var milliseconds))
        {
            return milliseconds is >= 0 and < 1e9 ? TimeSpan.FromMilliseconds(milliseconds) : TimeSpan.MaxValue;
        }

        // A value that is none is the longest of all: whoever sends it is not to be hurried.
        return _answer.Headers.RetryAfter is { } after ? after.Delta ?? (after.Date > now ? after.Date - now : TimeSpan.Zero)
            : _answer.Headers.Contains("retry-after") ? TimeSpan.MaxValue
            : null;
    }

    /// <summary>True: nothing was made, the one that says so is the provider itself, and it may be otherwise in a moment.</summary>
    public bool CameToNothing => _answer is null
        ? _fault!.SourceException is HttpRequestException e && Upstream.WasNeverSent(e)
        : (int)_answer.StatusCode is 429 or 503 or 529
            && !(_answer.Headers.TryGetValues("x-should-retry", out var told) && told.Contains("false"))
            && Discretion.CodeOfError(Error) is { } code && code != Discretion.OutOfMoney;

    public void Dispose() => _answer?.Dispose();
}
