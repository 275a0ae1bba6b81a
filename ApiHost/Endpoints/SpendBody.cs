using System.Collections.Immutable;
using System.ComponentModel;
using System.Runtime.InteropServices;
using System.Text.Json.Serialization;
using Budgets.ApiHost.Http;

namespace Budgets.ApiHost.Endpoints;

/// <summary>What one model call used, as its provider counts: GET /v1/models tells of each price whether input_tokens include cache tokens, and output_tokens reasoning.</summary>
internal sealed record UsageBody : IBody
{
    public long? InputTokens { get; set; }

    public long? OutputTokens { get; set; }

    public long? CacheReadTokens { get; set; }

    [Description("Those kept for an hour included.")]
    public long? CacheWriteTokens { get; set; }

    [JsonPropertyName("cache_write_1h_tokens")]
    [Description("The part of cache_write_tokens that is kept for an hour, which costs more.")]
    public long? CacheWrite1hTokens { get; set; }

    public long? ReasoningTokens { get; set; }

    [Description("Images made.")]
    public long? Images { get; set; }

    [Description("Counts where a model is paid by the request; left out: one.")]
    public long? Requests { get; set; }

    [Description("True: by the provider's batch interface, at its discount.")]
    public bool? Batch { get; set; }

    public void Check(Faults faults)
    {
        faults.Range("usage.input_tokens", InputTokens, 0, TokenUsage.Most);
        faults.Range("usage.output_tokens", OutputTokens, 0, TokenUsage.Most);
        faults.Range("usage.cache_read_tokens", CacheReadTokens, 0, TokenUsage.Most);
        faults.Range("usage.cache_write_tokens", CacheWriteTokens, 0, TokenUsage.Most);
        faults.Range("usage.cache_write_1h_tokens", CacheWrite1hTokens, 0, TokenUsage.Most);
        faults.Range("usage.reasoning_tokens", ReasoningTokens, 0, TokenUsage.Most);
        faults.Range("usage.images", Images, 0, TokenUsage.Most);
        faults.Range("usage.requests", Requests, 0, TokenUsage.Most);
    }

    /// <summary>False: it says nothing that a price could be for. Zeros are something: they cost nothing.</summary>
    public bool TellsSomething() => (InputTokens ?? OutputTokens ?? Images) is not null;

    public TokenUsage ToUsage() => new(
        InputTokens ?? 0,
        OutputTokens ?? 0,
        CacheReadTokens ?? 0,
        CacheWriteTokens ?? 0,
        ReasoningTokens ?? 0,
        Images ?? 0,
        Requests ?? 0,
        CacheWrite1hTokens is > 0 ? CacheWrite1hTokens : null,
        Batch == true ? true : null);
}

/// <summary>What every request with one effect may say.</summary>
internal abstract record KeyedBody : IBody
{
    [Description("The caller's name for this one effect, 1 to 255 visible ASCII characters; the same as the Idempotency-Key header.")]
    public string? IdempotencyKey { get; set; }

    public virtual void Check(Faults faults) => faults.AddIf(
        IdempotencyKey is not null && !global::Budgets.IdempotencyKey.IsWellFormed(IdempotencyKey), "idempotency_key", global::Budgets.IdempotencyKey.Form);
}

/// <summary>What every request that moves money may say.</summary>
internal abstract record SpendBody : KeyedBody
{
    [Description("Dollars, at most nine decimals, up to 1000000. Left out: worked out from the usage by the price of the model.")]
    public Money? Amount { get; set; }

    public UsageBody? Usage { get; set; }

    public string? Model { get; set; }

    public string[]? Tags { get; set; }

    [Description("Stands for what is asked, such as a hash of the prompt: the same again is what a cache could have answered.")]
    public string? PromptHash { get; set; }

    public override void Check(Faults faults)
    {
        base.Check(faults);
        faults.Money("amount", Amount, Money.MaxPerRequest);
        faults.AddIf(Amount is null && Usage is null, "amount", "is required, or the usage to work it out from");
        faults.AddIf(Amount is null && Usage?.TellsSomething() == false, "usage", "must tell input_tokens, output_tokens or images to be priced");
        Usage?.Check(faults);
        faults.Text("model", Model, Purpose.MaxModelLength);
        faults.Text("prompt_hash", PromptHash, Purpose.MaxPromptHashLength);
        if (Tags is { } tags)
        {
            faults.AddIf(tags.Length > Purpose.MaxTags, "tags", $"must be {Purpose.MaxTags} at most");
            foreach (var tag in tags)
            {
                faults.Text("tags", tag, Purpose.MaxTagLength, required: true);
            }
        }
    }

    /// <summary>Null: the amount is told.</summary>
    public PriceTag? ToPriceTag() => Amount is null && Usage is { } usage ? new PriceTag(usage.Requests ?? 1) : null;

    /// <summary>For requests that cannot learn the model from what came before.</summary>
    protected void CheckPriced(Faults faults) =>
        faults.AddIf(Amount is null && Usage is not null && Model is null, "model", "is required to turn usage into an amount");

    protected static void CheckApproval(Faults faults, string? id) => faults.AddIf(id is not null && !global::Budgets.ApprovalId.IsWellFormed(id), "approval_id", "must be the id of an approval");

    protected static ApprovalId? ApprovalOf(string? id) => id is null ? null : new ApprovalId(id);

    protected Purpose PurposeWith(string? operation) => Model is null && operation is null && Tags is null && Usage is null && PromptHash is null
        ? Purpose.None
        : new Purpose(Model, operation, Tags is null ? default : ImmutableCollectionsMarshal.AsImmutableArray(Tags), Usage?.ToUsage(), PromptHash);
}
