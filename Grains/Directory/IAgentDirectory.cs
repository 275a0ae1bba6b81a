namespace Budgets.Directories;

/// <summary>Where the list of all agents is kept. Implementations pass one contract suite (tests/Directory).</summary>
/// <remarks>Every method throws <see cref="StoreUnavailableException"/> when the store could not be asked and nothing was written.</remarks>
public interface IAgentDirectory
{
    /// <summary>Writes an agent's line, or replaces it where it stands. Durable when it returns.</summary>
    /// <exception cref="OutcomeUnknownException">It may have been written. Enrolling again is harmless.</exception>
    Task Enroll(AgentListing listing);

    /// <summary>Newest enrolled first. Pages stay put while agents are enrolled: no line is told twice or left out.</summary>
    /// <param name="query">Limit from 1 to <see cref="AgentQuery.MaxLimit"/>. An After that was never enrolled gives an empty page.</param>
    /// <exception cref="ArgumentOutOfRangeException">The limit is not in its range.</exception>
    Task<AgentPage> List(AgentQuery query);

    /// <summary>Completes when the store answers.</summary>
    Task Ping();
}
