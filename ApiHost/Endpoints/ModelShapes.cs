using System.Globalization;
using System.Text.Json.Serialization;

namespace Budgets.ApiHost.Endpoints;

/// <summary>Rates of calls with more input tokens than a threshold; they hold for the whole call.</summary>
internal sealed record TierAnswer(
    long AboveInputTokens,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] Money? InputPerMillion,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] Money? OutputPerMillion,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] Money? CacheReadPerMillion,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] Money? CacheWritePerMillion,
    [property: JsonPropertyName("cache_write_1h_per_million"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] Money? CacheWrite1hPerMillion,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] Money? ReasoningPerMillion)
{
    public static TierAnswer Of(RateTier t) => new(t.Above, t.Rates.Input, t.Rates.Output, t.Rates.CacheRead, t.Rates.CacheWrite, t.Rates.CacheWrite1h, t.Rates.Reasoning);
}

/// <summary>One price of a model. A rate that is left out is that of what it is a part of: cache of the input, reasoning of the output; images and requests are not paid by the piece.</summary>
/// <param name="Version">What the ledger calls it.</param>
/// <param name="Source">Where it was read: a package and its version, a page, or "operator".</param>
/// <param name="InForce">It is the price of this moment.</param>
/// <param name="DailyFrom">Only from this time of the day in UTC until daily_until.</param>
/// <param name="InputIncludesCache">Whether input_tokens of usage include cache tokens: as the provider itself counts.</param>
/// <param name="OutputIncludesReasoning">Whether output_tokens of usage include reasoning_tokens: as the provider itself counts.</param>
/// <param name="BatchDiscount">What the provider's batch interface takes off, from 0 to 1; left out: not known.</param>
internal sealed record PriceAnswer(
    string Version,
    string Source,
    bool InForce,
    DateTimeOffset? EffectiveFrom,
    DateTimeOffset? EffectiveUntil,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? DailyFrom,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? DailyUntil,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] Money? InputPerMillion,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] Money? OutputPerMillion,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] Money? CacheReadPerMillion,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] Money? CacheWritePerMillion,
    [property: JsonPropertyName("cache_write_1h_per_million"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] Money? CacheWrite1hPerMillion,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] Money? ReasoningPerMillion,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] Money? PerImage,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] Money? PerRequest,
    IReadOnlyList<TierAnswer> Tiers,
    bool InputIncludesCache,
    bool OutputIncludesReasoning,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] decimal? BatchDiscount)
{
    public static PriceAnswer Of(Price p, bool inForce) => new(
        p.Version,
        p.Source,
        inForce,
        p.From,
        p.Until,
        TimeOf(p.DailyFrom),
        TimeOf(p.DailyUntil),
        p.Rates.Input,
        p.Rates.Output,
        p.Rates.CacheRead,
        p.Rates.CacheWrite,
        p.Rates.CacheWrite1h,
        p.Rates.Reasoning,
        p.Rates.Image,
        p.Rates.Request,
        [.. p.Tiers.Select(TierAnswer.Of)],
        !p.Counting.CacheBesideInput,
        !p.Counting.ReasoningBesideOutput,
        p.Counting.BatchDiscount);

    private static string? TimeOf(TimeOnly? time) => time?.ToString("HH:mm", CultureInfo.InvariantCulture);
}

/// <param name="Aliases">Other names for it; dated names and those with a provider before them are understood without being listed.</param>
/// <param name="NotCounted">What its provider charges apart while usage does not count it; such calls must tell their amount.</param>
/// <param name="Prices">Of several in force at an instant the last one holds.</param>
/// <param name="Object">"model": with it, created and owned_by the list reads as OpenAI's does.</param>
/// <param name="Created">Seconds since 1970 of its first known price; 0: not known.</param>
/// <param name="Type">"model": with it, display_name, created_at, lifecycle, max_input_tokens and max_tokens it reads as Anthropic's does.</param>
/// <param name="CreatedAt">The same moment as <paramref name="Created"/>; 1970: not known.</param>
internal sealed record ModelAnswer(
    string Id,
    string Object,
    long Created,
    string OwnedBy,
    string Type,
    string DisplayName,
    DateTimeOffset CreatedAt,
    string? Provider,
    IReadOnlyList<string> Aliases,
    long? ContextWindow,
    long? MaxOutputTokens,
    bool Deprecated,
    IReadOnlyList<string> NotCounted,
    IReadOnlyList<PriceAnswer> Prices)
{
    public const string Active = "active";
    public const string BeingRetired = "deprecated";
    public const string Retired = "retired";

    /// <summary>active or deprecated.</summary>
    public string Lifecycle => Deprecated ? BeingRetired : Active;

    /// <summary>The same as context_window.</summary>
    public long? MaxInputTokens => ContextWindow;

    /// <summary>The same as max_output_tokens.</summary>
    public long? MaxTokens => MaxOutputTokens;

    public static ModelAnswer Of(PricedModel m, DateTimeOffset now)
    {
        var inForce = m.At(now);
        var first = m.Prices.Min(p => p.From) ?? DateTimeOffset.UnixEpoch;
        return new(m.Id, "model", first.ToUnixTimeSeconds(), m.Provider ?? PricedModel.Operator, "model", m.Id, first, m.Provider, m.Aliases, m.ContextWindow, m.MaxOutputTokens, m.Deprecated, m.NotCounted, [.. m.Prices.Select(p => PriceAnswer.Of(p, ReferenceEquals(p, inForce)))]);
    }
}

/// <param name="Object">"list".</param>
/// <param name="NextCursor">Null: there is no more, or the pages are read backward.</param>
/// <param name="HasMore">In the direction that pages are read in.</param>
/// <param name="FirstId">The before_id of the page before; null: the page is empty.</param>
/// <param name="LastId">The after_id of the next page; null: the page is empty.</param>
internal sealed record ModelListAnswer(string Object, IReadOnlyList<ModelAnswer> Data, string? NextCursor, bool HasMore, string? FirstId, string? LastId);
