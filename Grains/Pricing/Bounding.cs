namespace Budgets.Pricing;

/// <summary>"A call costs at most what all of its input would at the dearest rate it can meet, and the longest output it may have."</summary>
internal static class Bounding
{
    /// <summary>Which part of a call's tokens is cached or thought through cannot be known before: each is taken for all of it, and the dearest counts.</summary>
    private static readonly (bool Written, bool Hour, bool Thought)[] s_ways =
    [
        (false, false, false), (true, false, false), (true, true, false), (false, false, true), (true, false, true), (true, true, true),
    ];

    public static CallBound Of(PriceList prices, CallOutline call)
    {
        var meaning = prices.Find(call.Model);
        var price = meaning.Model?.At(call.From);
        if (call.Images > 0 && price?.Rates.Image is not null)
        {
            // Paid by the piece: neither the prompt nor what was drawn is counted in tokens.
            var pictures = new TokenUsage(Images: call.Images);
            return new CallBound(pictures, null, IsOutputKnown: true, Quote: Quoting.For(prices, new QuoteRequest(call.Model, pictures, 1, call.From, call.Until)));
        }

        var longest = meaning.Model?.MaxOutputTokens ?? meaning.Model?.ContextWindow;
        var output = Math.Min(call.OutputTokens ?? longest ?? CallBound.OutputOfTheUnknown, Math.Min(longest ?? TokenUsage.Most, TokenUsage.Most / call.Choices));
        var isKnown = (call.OutputTokens ?? meaning.Model?.MaxOutputTokens) is not null;
        output = isKnown ? output : Math.Min(output, CallBound.OutputOfTheUnknown);
        if (Input(call, meaning.Model) is not { } input)
        {
            return new CallBound(null, output, isKnown);
        }

        TokenUsage? dearest = null;
        Quote? most = null;
        foreach (var way in s_ways)
        {
            var usage = Usage(meaning.Counting, input, output * call.Choices, way);
            var quote = Quoting.For(prices, new QuoteRequest(call.Model, usage, 1, call.From, call.Until));
            if (most is null || quote.Amount > most.Amount)
            {
                (dearest, most) = (usage, quote);
            }
        }

        return new CallBound(dearest, output, isKnown, meaning.Counting, most);
    }

    /// <summary>Null: nobody knows.</summary>
    private static long? Input(CallOutline call, PricedModel? model)
    {
        var window = Window(model);
        long? text = call.IsOpenEnded ? window : Math.Min(call.TextTokens, call.HasWindow ? window ?? long.MaxValue : long.MaxValue);
        return text is { } bounded ? Math.Min(bounded + call.PictureTokens, TokenUsage.Most) : null;
    }

    /// <summary>A tier that begins where the window ends says that more can be had for more.</summary>
    private static long? Window(PricedModel? model) => model?.ContextWindow is not { } window ? null
        : model.Prices.Any(p => p.Tiers.Any(t => t.Above >= window)) ? Math.Max(window, CallBound.LongestWindow)
        : window;

    private static TokenUsage Usage(Counting counting, long input, long output, (bool Written, bool Hour, bool Thought) way) => new(
        InputTokens: way.Written && counting.CacheBesideInput ? 0 : input,
        OutputTokens: way.Thought && counting.ReasoningBesideOutput ? 0 : output,
        CacheWriteTokens: way.Written ? input : 0,
        ReasoningTokens: way.Thought ? output : 0,
        CacheWrite1hTokens: way.Hour ? input : null);
}
