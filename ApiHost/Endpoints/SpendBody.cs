using System.Collections.Immutable;
using System.ComponentModel;
using System.Runtime.InteropServices;
using Budgets.ApiHost.Http;

namespace Budgets.ApiHost.Endpoints;

/// <summary>What a model call used, as its provider counts.</summary>
internal sealed record UsageBody : IBody
{
    public long? InputTokens { get; set; }

    public long? OutputTokens { get; set; }

    public long? CacheReadTokens { get; set; }

    public long? CacheWriteTokens { get; set; }

    public long? ReasoningTokens { get; set; }

    public long? Images { get; set; }

    public long? Requests { get; set; }

    public void Check(Faults faults)
    {
        faults.Range("usage.input_tokens", InputTokens, 0, TokenUsage.Most);
        faults.Range("usage.output_tokens", OutputTokens, 0, TokenUsage.Most);
        faults.Range("usage.cache_read_tokens", CacheReadTokens, 0, TokenUsage.Most);
        faults.Range("usage.cache_write_tokens", CacheWriteTokens, 0, TokenUsage.Most);
        faults.Range("usage.reasoning_tokens", ReasoningTokens, 0, TokenUsage.Most);
        faults.Range("usage.images", Images, 0, TokenUsage.Most);
        faults.Range("usage.requests", Requests, 0, TokenUsage.Most);
    }

    public TokenUsage ToUsage() => new(
        InputTokens ?? 0, OutputTokens ?? 0, CacheReadTokens ?? 0, CacheWriteTokens ?? 0, ReasoningTokens ?? 0, Images ?? 0, Requests ?? 0);
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
    [Description("Dollars, at most nine decimals, up to 1000000. Required as long as there are no model prices.")]
    public Money? Amount { get; set; }

    public UsageBody? Usage { get; set; }

    public string? Model { get; set; }

    public string[]? Tags { get; set; }

    public override void Check(Faults faults)
    {
        base.Check(faults);
        faults.Money("amount", Amount, Money.MaxPerRequest);
        faults.AddIf(Amount is null && Usage is null, "amount", "is required");
        Usage?.Check(faults);
        faults.Text("model", Model, Purpose.MaxModelLength);
        if (Tags is { } tags)
        {
            faults.AddIf(tags.Length > Purpose.MaxTags, "tags", $"must be {Purpose.MaxTags} at most");
            foreach (var tag in tags)
            {
                faults.Text("tags", tag, Purpose.MaxTagLength, required: true);
            }
        }
    }

    /// <summary>For requests that cannot learn the model from what came before.</summary>
    protected void CheckPriced(Faults faults) =>
        faults.AddIf(Amount is null && Usage is not null && Model is null, "model", "is required to turn usage into an amount");

    protected Purpose PurposeWith(string? operation) => Model is null && operation is null && Tags is null && Usage is null
        ? Purpose.None
        : new Purpose(Model, operation, Tags is null ? default : ImmutableCollectionsMarshal.AsImmutableArray(Tags), Usage?.ToUsage());
}
