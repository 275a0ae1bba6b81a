using System.Collections.Immutable;
using System.ComponentModel;
using System.Text.Json.Serialization;
using Budgets.ApiHost.Http;

namespace Budgets.ApiHost.Endpoints;

/// <summary>Dollars for a million tokens. What is left out costs what it is a part of; an explicit zero costs nothing.</summary>
internal abstract record TokenRatesBody : IBody
{
    public Money? InputPerMillion { get; set; }

    public Money? OutputPerMillion { get; set; }

    public Money? CacheReadPerMillion { get; set; }

    public Money? CacheWritePerMillion { get; set; }

    [JsonPropertyName("cache_write_1h_per_million")]
    public Money? CacheWrite1hPerMillion { get; set; }

    public Money? ReasoningPerMillion { get; set; }

    public virtual void Check(Faults faults)
    {
        faults.Money("input_per_million", InputPerMillion, PriceOverride.MaxRate);
        faults.Money("output_per_million", OutputPerMillion, PriceOverride.MaxRate);
        faults.Money("cache_read_per_million", CacheReadPerMillion, PriceOverride.MaxRate);
        faults.Money("cache_write_per_million", CacheWritePerMillion, PriceOverride.MaxRate);
        faults.Money("cache_write_1h_per_million", CacheWrite1hPerMillion, PriceOverride.MaxRate);
        faults.Money("reasoning_per_million", ReasoningPerMillion, PriceOverride.MaxRate);
    }
}

/// <summary>Rates of calls with more input tokens than a threshold, for the whole call.</summary>
internal sealed record TierBody : TokenRatesBody
{
    public long? AboveInputTokens { get; set; }

    public override void Check(Faults faults)
    {
        base.Check(faults);
        faults.AddIf(AboveInputTokens is null, "above_input_tokens", "is required");
        faults.Range("above_input_tokens", AboveInputTokens, 1, TokenUsage.Most);
    }

    public RateTier ToTier(Money? perImage, Money? perRequest) => new(
        AboveInputTokens!.Value, new Rates(InputPerMillion, OutputPerMillion, CacheReadPerMillion, CacheWritePerMillion, CacheWrite1hPerMillion, ReasoningPerMillion, perImage, perRequest));
}

/// <summary>What a model is to cost from now on, or from when it is said.</summary>
internal sealed record PriceBody : TokenRatesBody
{
    private const int MaxProviderLength = 64;

    public Money? PerImage { get; set; }

    public Money? PerRequest { get; set; }

    [Description("At most 4, ascending.")]
    public TierBody[]? Tiers { get; set; }

    [Description("Whether input_tokens of usage include cache tokens; left out: as the catalogue has it for this name, else true.")]
    public bool? InputIncludesCache { get; set; }

    [Description("Whether output_tokens of usage include reasoning_tokens; left out: as the catalogue has it for this name, else true.")]
    public bool? OutputIncludesReasoning { get; set; }

    [Description("What a batch takes off, from 0 to 1 with at most four decimals; left out: as the catalogue has it.")]
    public decimal? BatchDiscount { get; set; }

    public string? Provider { get; set; }

    public long? ContextWindow { get; set; }

    public long? MaxOutputTokens { get; set; }

    [Description("Left out: from now on.")]
    public DateTimeOffset? EffectiveFrom { get; set; }

    [Description("Left out: until another is set.")]
    public DateTimeOffset? EffectiveUntil { get; set; }

    public override void Check(Faults faults)
    {
        base.Check(faults);
        faults.Money("per_image", PerImage, PriceOverride.MaxRate);
        faults.Money("per_request", PerRequest, PriceOverride.MaxRate);
        faults.AddIf((InputPerMillion ?? OutputPerMillion ?? PerImage ?? PerRequest) is null, "input_per_million", "is required, or output_per_million, per_image or per_request");
        faults.AddIf(BatchDiscount is < 0 or > 1 || (BatchDiscount is { } d && decimal.Round(d, 4) != d), "batch_discount", "must be from 0 to 1, with at most four decimals");
        faults.Text("provider", Provider, MaxProviderLength);
        faults.Range("context_window", ContextWindow, 1, TokenUsage.Most);
        faults.Range("max_output_tokens", MaxOutputTokens, 1, TokenUsage.Most);
        faults.AddIf(EffectiveFrom < DateTimeOffset.UnixEpoch, "effective_from", "must not be before 1970");
        faults.AddIf(EffectiveUntil <= (EffectiveFrom ?? DateTimeOffset.UnixEpoch), "effective_until", "must be later than effective_from");
        CheckTiers(faults);
    }

    public PriceOverride ToOverride(string id) => new(
        id,
        Provider,
        EffectiveFrom,
        EffectiveUntil,
        new Rates(InputPerMillion, OutputPerMillion, CacheReadPerMillion, CacheWritePerMillion, CacheWrite1hPerMillion, ReasoningPerMillion, PerImage, PerRequest),
        Tiers is null ? [] : [.. Tiers.Select(t => t.ToTier(PerImage, PerRequest))],
        !InputIncludesCache,
        !OutputIncludesReasoning,
        BatchDiscount,
        ContextWindow,
        MaxOutputTokens);

    private void CheckTiers(Faults faults)
    {
        faults.AddIf(Tiers?.Length > PriceOverride.MaxTiers, "tiers", $"must be {PriceOverride.MaxTiers} at most");
        for (var i = 0; i < Math.Min(Tiers?.Length ?? 0, PriceOverride.MaxTiers); i++)
        {
            faults.Within = ("tiers", i);
            if (Tiers![i] is not { } tier)
            {
                faults.Add("", "must be an object");
                continue;
            }

            tier.Check(faults);
            faults.AddIf(i > 0 && tier.AboveInputTokens <= Tiers[i - 1]?.AboveInputTokens, "above_input_tokens", "must be more than that of the tier before it");

            // A tier that forgot a rate would make long calls of what short ones pay for unpriced.
            faults.AddIf(tier.InputPerMillion is null && InputPerMillion is not null, "input_per_million", "is required, for shorter calls have it");
            faults.AddIf(tier.OutputPerMillion is null && OutputPerMillion is not null, "output_per_million", "is required, for shorter calls have it");
        }

        faults.Within = null;
    }
}
