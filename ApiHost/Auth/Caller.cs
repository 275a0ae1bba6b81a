namespace Budgets.ApiHost.Auth;

/// <summary>Whoever a valid key stands for: the operator, or one agent with some scopes.</summary>
/// <param name="key">Null: the operator.</param>
/// <param name="budget">The agent's own budget, at hand because nearly every request goes there.</param>
internal sealed class Caller(KeyRecord? key, IBudgetGrain? budget)
{
    public static readonly Caller Operator = new(null, null);

    public KeyRecord? Key { get; } = key;

    public bool IsOperator => Key is null;

    public AgentId? Agent { get; } = key?.Agent;

    /// <summary>The caller's own budget; null for the operator, who has none.</summary>
    public IBudgetGrain? Budget { get; } = budget;

    /// <summary>For the ledger: who did it.</summary>
    public string By { get; } = key is null ? Actors.Operator : key.Scopes.HasFlag(Scopes.Manage) ? "agent:manage" : "agent:spend";

    public bool Has(Scopes scope) => Key is null || Key.Scopes.HasFlag(scope);
}
