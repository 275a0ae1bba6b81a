using System.Text;
using Microsoft.Extensions.AI;

namespace Budgets.Client.AI;

/// <summary>"What the provider counted is what was used; what it did not say is counted here, upward; nothing that was made is free."</summary>
/// <param name="isSeen">All the output that is paid for is seen going by.</param>
internal sealed class Tally(CallBound bound, bool isSeen)
{
    /// <summary>Tokens that may have been made and were on their way when a stream was cut.</summary>
    private const long Unseen = 64;

    // Anthropic's client and Amazon's tell cache writes among the additional counts, others by their provider's name for it.
    private static readonly HashSet<string> s_cacheWrites = new(StringComparer.OrdinalIgnoreCase)
    {
        "CacheCreationInputTokens", "cache_creation_input_tokens", "CacheWriteInputTokens", "cache_write_input_tokens", "cache_write_tokens",
    };

    private UsageDetails? _told;
    private bool _finished;
    private long _bytes;

    public void Saw(ChatResponse response)
    {
        _told = response.Usage;
        Saw(response.Messages.SelectMany(m => m.Contents));
    }

    public void Saw(ChatResponseUpdate update)
    {
        _finished |= update.FinishReason is not null;
        foreach (var usage in update.Contents.OfType<UsageContent>())
        {
            (_told ??= new UsageDetails()).Add(usage.Details);
        }

        Saw(update.Contents);
    }

    /// <param name="isWhole">False: it was cut off, or never came.</param>
    /// <returns>Null: nobody knows. As much as it can have been.</returns>
    public TokenUsage? Used(bool isWhole)
    {
        var write = _told?.AdditionalCounts?.Where(c => s_cacheWrites.Contains(c.Key)).Select(c => (long?)c.Value).FirstOrDefault() ?? 0;
        var read = _told?.CachedInputTokenCount ?? 0;
        var thought = _told?.ReasoningTokenCount ?? 0;
        if (!IsCount(_told?.InputTokenCount) || !IsCount(_told?.OutputTokenCount) || !IsCount(read) || !IsCount(write) || !IsCount(thought))
        {
            return null;
        }

        if (_told is { InputTokenCount: { } input, OutputTokenCount: { } output } && (isWhole || _finished))
        {
            return AsProvidersCount(input, output, read, write, thought);
        }

        if (bound.Usage is not { } most)
        {
            return null;
        }

        var longest = Math.Max(most.OutputTokens, most.ReasoningTokens);
        var made = Math.Max(_told?.OutputTokenCount ?? 0, isSeen ? Math.Min(longest, _bytes + (isWhole ? 0 : Unseen)) : longest);
        return _told?.InputTokenCount is { } known ? AsProvidersCount(known, made, read, write, thought) : most with
        {
            OutputTokens = most.OutputTokens > 0 ? made : 0,
            ReasoningTokens = most.ReasoningTokens > 0 ? made : 0,
        };
    }

    /// <summary>Clients tell cache tokens as a part of the input, and thinking as one of the output; prices go by how the provider itself tells them.</summary>
    private TokenUsage AsProvidersCount(long input, long output, long read, long write, long thought)
    {
        var counting = bound.Counting ?? Counting.Usual;
        return new TokenUsage(
            counting.CacheBesideInput && input >= read + write ? input - read - write : input,
            counting.ReasoningBesideOutput && output >= thought ? output - thought : output,
            read,
            write,
            thought);
    }

    private void Saw(IEnumerable<AIContent> contents)
    {
        foreach (var content in contents)
        {
            _bytes += content switch
            {
                TextContent text => Bytes(text.Text),
                TextReasoningContent thought => Bytes(thought.Text),
                FunctionCallContent call => Bytes(call.Name) + (call.Arguments?.Sum(a => Bytes(a.Key) + Bytes(a.Value?.ToString())) ?? 0),
                UsageContent => 0,
                _ => Unseen,
            };
        }
    }

    private static bool IsCount(long? count) => count is null or (>= 0 and <= TokenUsage.Most);

    private static long Bytes(string? text) => text is null ? 0 : Encoding.UTF8.GetByteCount(text);
}
