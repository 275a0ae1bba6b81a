using System.Text.Json;

namespace Budgets.ApiHost.Gateway;

/// <summary>"What the provider counted is what was used; what it did not say is counted here, upward; nothing that was made is free."</summary>
internal sealed class Meter(Asking asked, CallBound bound)
{
    /// <summary>Tokens that may have been made and were on their way when a stream was cut.</summary>
    private const long Unseen = 64;

    private static readonly JsonDocumentOptions s_deep = new() { MaxDepth = 256 };

    private Told _told;
    private bool _wasTold;
    private bool _isLast;
    private bool _failed;
    private bool _began;
    private long _bytes;

    /// <summary>The model that answered, as the provider calls it.</summary>
    public string? Model { get; set; }

    /// <summary>Pictures that were made, or other things in a list; null: there is no list.</summary>
    public int? Listed { get; set; }

    /// <summary>The last event was nothing but the usage.</summary>
    public bool LastWasUsageAlone { get; set; }

    /// <summary>What was read last is an error or has one in it, or may be anything.</summary>
    public bool LastWasError { get; set; }

    /// <summary>The provider said that this was all.</summary>
    public bool IsDone { get; set; }

    /// <summary>An object of the answer: the whole of it, or one event of a stream.</summary>
    public void Read(ReadOnlyMemory<byte> json)
    {
        try
        {
            using var document = JsonDocument.Parse(json, s_deep);
            LastWasError = document.RootElement.ValueKind != JsonValueKind.Object;
            asked.Route.Dialect.Read(document.RootElement, this);
        }
        catch (JsonException)
        {
            LastWasError = true;
            Lost(json.Length);
        }
        catch (InvalidOperationException)
        {
            // A string in it is no text.
            Lost(json.Length);
        }
    }

    /// <summary>Something that could not be read was made of so many bytes.</summary>
    public void Lost(long bytes)
    {
        _began = true;
        _bytes += bytes;
    }

    public void Began() => _began = true;

    public void Failed() => _failed = LastWasError = true;

    public void Counted(Told told, bool isLast)
    {
        _told = _told.Then(told);
        _wasTold = true;
        _isLast |= isLast;
    }

    /// <param name="isOutput">False: it was counted before, piece by piece.</param>
    public void Saw(JsonElement? made, bool isOutput)
    {
        if (made is { } element)
        {
            _began = true;
            _bytes += isOutput ? BytesOf(element) : 0;
        }
    }

    /// <summary>What was read before anything is made: the least that a call costs of which nobody knows more.</summary>
    public Spent InputAlone() => bound.Usage is { } most ? new Spent.Used(most with { OutputTokens = 0, ReasoningTokens = 0 }) : new Spent.AllHeld();

    /// <param name="isWhole">False: the answer was cut off, or never came.</param>
    public Spent Spent(bool isWhole)
    {
        if (_failed && !_began && !_wasTold)
        {
            return new Spent.Nothing();
        }

        if (bound.Usage is { Images: > 0 })
        {
            return isWhole && Listed is { } made ? new Spent.Used(new TokenUsage(Images: made)) : new Spent.AllHeld();
        }

        if (_told.IsAbsurd || _told.Audio > 0)
        {
            return new Spent.AllHeld();
        }

        if (_told is { Input: not null, Output: { } output } && _isLast)
        {
            return new Spent.Used(_told.With(output), isWhole && !_failed, Model);
        }

        return bound.Usage is null ? new Spent.AllHeld() : new Spent.Used(Counted(bound.Usage, isWhole));
    }

    /// <summary>The input is what the provider told of it, else the most it can be; the output what went by, a token for each byte, if nothing is made unseen.</summary>
    private TokenUsage Counted(TokenUsage most, bool isWhole)
    {
        var longest = Math.Max(most.OutputTokens, most.ReasoningTokens);
        var isSeen = asked.Route.Dialect.ShowsAllItMakes(asked) && (asked.Streams || isWhole);
        var output = Math.Max(_told.Output ?? 0, isSeen ? Math.Min(longest, _bytes + (isWhole ? 0 : Unseen)) : longest);
        return _told.Input is not null ? _told.With(output) : most with
        {
            OutputTokens = most.OutputTokens > 0 ? output : 0,
            ReasoningTokens = most.ReasoningTokens > 0 ? output : 0,
        };
    }

    private static long BytesOf(JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.String:
                return System.Text.Encoding.UTF8.GetByteCount(element.GetString()!);
            case JsonValueKind.Array:
                return element.EnumerateArray().Sum(BytesOf);
            case JsonValueKind.Object:
                return element.EnumerateObject().Sum(m => BytesOf(m.Value));
            default:
                return 0;
        }
    }
}
