namespace Budgets;

/// <summary>Names one agent, and with it its budget: "agent_" and 20 base62 characters.</summary>
[GenerateSerializer, Immutable, Alias("Budgets.AgentId")]
public readonly record struct AgentId([property: Id(0)] string Value)
{
    public const string Prefix = "agent_";

    public static bool IsWellFormed(string? text) => IdText.IsWellFormed(text, Prefix);

    public override string ToString() => Value;
}

/// <summary>Names one hold; users of the API know it as a reservation id: "res_" and 20 base62 characters.</summary>
[GenerateSerializer, Immutable, Alias("Budgets.HoldId")]
public readonly record struct HoldId([property: Id(0)] string Value)
{
    public const string Prefix = "res_";

    /// <summary>Of holds that the gateway makes for calls to models. It alone ends them: whoever spends could otherwise take back what is being spent.</summary>
    public const string CallPrefix = "gwr_";

    public static bool IsWellFormed(string? text) => IdText.IsWellFormed(text, Prefix);

    public static bool IsOfCall(string? text) => IdText.IsWellFormed(text, CallPrefix);

    public override string ToString() => Value;
}

/// <summary>Names one charge: "chg_" and 20 base62 characters.</summary>
[GenerateSerializer, Immutable, Alias("Budgets.ChargeId")]
public readonly record struct ChargeId([property: Id(0)] string Value)
{
    public const string Prefix = "chg_";

    public override string ToString() => Value;
}

/// <summary>Names one recharge, whatever becomes of it: "rch_" and its number in its budget's life, after the agent's id.</summary>
[GenerateSerializer, Immutable, Alias("Budgets.RechargeId")]
public readonly record struct RechargeId([property: Id(0)] string Value)
{
    public override string ToString() => Value;

    public static RechargeId Of(AgentId agent, long number) => new(FormattableString.Invariant($"rch_{agent.Value[AgentId.Prefix.Length..]}_{number}"));
}

/// <summary>The caller's name for one effect: 1 to 255 visible ASCII characters, scoped to the agent.</summary>
[GenerateSerializer, Immutable, Alias("Budgets.IdempotencyKey")]
public readonly record struct IdempotencyKey([property: Id(0)] string Value)
{
    public const int MaxLength = 255;

    /// <summary>What is said of a key that has another form.</summary>
    public const string Form = "must be 1 to 255 visible ASCII characters";

    public static bool IsWellFormed(string? text) =>
        text is { Length: > 0 and <= MaxLength } && !text.AsSpan().ContainsAnyExceptInRange('!', '~');

    public override string ToString() => Value;
}

internal static class IdText
{
    private const int Length = 20;

    public static bool IsWellFormed(string? text, string prefix) =>
        text is not null
        && text.Length == prefix.Length + Length
        && text.StartsWith(prefix, StringComparison.Ordinal)
        && text.AsSpan(prefix.Length).IndexOfAnyExcept(Base62.Characters) < 0;
}
