using Orleans.Concurrency;

namespace Budgets.Directories;

/// <summary>Carries questions about the list of agents to its store.</summary>
[StatelessWorker]
[GrainType("directory")]
internal sealed class DirectoryGrain(IAgentDirectory agents) : Grain, IDirectoryGrain
{
    public Task Enroll(AgentListing listing) => agents.Enroll(listing);

    public Task<AgentPage> List(AgentQuery query) => agents.List(query);

    public Task Ping() => agents.Ping();
}
