using System.Collections.Immutable;

namespace Budgets;

/// <summary>A line of the list of all agents.</summary>
[GenerateSerializer, Immutable, Alias("Budgets.AgentListing")]
public sealed record AgentListing(AgentId Agent, string Name, AgentId? Parent, DateTimeOffset CreatedAt, bool Closed);

/// <param name="After">The last agent of the page before; null: from the newest.</param>
/// <param name="NameContains">Case-insensitive, taken literally.</param>
[GenerateSerializer, Immutable, Alias("Budgets.AgentQuery")]
public sealed record AgentQuery(int Limit, string? After = null, AgentId? Parent = null, string? NameContains = null)
{
    public const int MaxLimit = 100;
}

/// <summary>Newest first. <paramref name="Next"/> is the next query's After; null: there is no more.</summary>
[GenerateSerializer, Immutable, Alias("Budgets.AgentPage")]
public sealed record AgentPage(ImmutableArray<AgentListing> Agents, string? Next);

/// <summary>The list of all agents, and whether the store answers; a stateless worker, key 0.</summary>
[Alias("Budgets.IDirectoryGrain")]
public interface IDirectoryGrain : IGrainWithIntegerKey
{
    /// <summary>Writes or replaces an agent's line. Called before the budget is opened: a line without a budget is harmless.</summary>
    [Alias("Enroll"), AnyGateway]
    Task Enroll(AgentListing listing);

    /// <remarks>To look for a name is to look at every line.</remarks>
    [Alias("List"), AnyGateway, ResponseTimeout("00:00:30")]
    Task<AgentPage> List(AgentQuery query);

    /// <summary>Completes when the store answers.</summary>
    /// <exception cref="StoreUnavailableException">It does not.</exception>
    [Alias("Ping"), AnyGateway]
    Task Ping();
}
