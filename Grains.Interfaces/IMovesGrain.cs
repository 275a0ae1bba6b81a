namespace Budgets;

/// <summary>Moves agents from one parent to another, one at a time, so that two moves can never make a circle. One grain, key 0.</summary>
[Alias("Budgets.IMovesGrain")]
public interface IMovesGrain : IGrainWithIntegerKey
{
    /// <summary>Repeating it makes up for a move that was broken off.</summary>
    /// <param name="from">The parent it is expected to have.</param>
    [Alias("Move"), AnyGateway]
    Task<ConfigureOutcome> Move(AgentId child, AgentId from, AgentId to, string by);
}
