namespace Budgets.Pricing;

/// <summary>One call's usage taken apart, so that every token is in one place only.</summary>
/// <param name="Plain">Input tokens that were neither read from a cache nor written to one.</param>
/// <param name="CacheWrite">Without those kept for an hour.</param>
/// <param name="Answer">Output tokens without reasoning.</param>
internal readonly record struct Measured(
    long Plain, long CacheRead, long CacheWrite, long CacheWrite1h, long Answer, long Reasoning, long Images, long Requests)
{
    /// <summary>What tiers go by.</summary>
    public long Input => Plain + CacheRead + CacheWrite + CacheWrite1h;

    public long Output => Answer + Reasoning;
}

/// <summary>"What the provider counted is paid for once": reads usage in the way its provider tells it.</summary>
internal static class Measuring
{
    public static (Measured Measured, Unpriceable? Fault) Of(TokenUsage u, long requests, Counting counting)
    {
        var (cached, hour) = (u.CacheReadTokens + u.CacheWriteTokens, u.CacheWrite1hTokens ?? 0);
        var fault = hour > u.CacheWriteTokens ? Contradiction("cache_write_1h_tokens", "must not be more than cache_write_tokens, which include them")
            : !counting.CacheBesideInput && cached > u.InputTokens
                ? Contradiction("input_tokens", "must not be less than cache_read_tokens and cache_write_tokens together: for this model they are a part of it")
            : !counting.ReasoningBesideOutput && u.ReasoningTokens > u.OutputTokens
                ? Contradiction("output_tokens", "must not be less than reasoning_tokens: for this model they are a part of it")
            : null;
        return (new Measured(
            counting.CacheBesideInput ? u.InputTokens : u.InputTokens - cached,
            u.CacheReadTokens,
            u.CacheWriteTokens - hour,
            hour,
            counting.ReasoningBesideOutput ? u.OutputTokens : u.OutputTokens - u.ReasoningTokens,
            u.ReasoningTokens,
            u.Images,
            requests), fault);
    }

    private static Unpriceable Contradiction(string field, string message) => new($"usage.{field}", message, Contradicts: true);
}
