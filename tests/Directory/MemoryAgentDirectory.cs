using Budgets.Directories;

namespace Budgets.Tests.Directories;

/// <summary>The list of all agents, as plainly as it can be kept: the measure for the real ones, and a stand-in where a test needs none of them.</summary>
public sealed class MemoryAgentDirectory : IAgentDirectory
{
    private readonly Lock _turn = new();
    private readonly List<AgentListing> _agents = [];

    public Task Enroll(AgentListing listing)
    {
        lock (_turn)
        {
            var place = _agents.FindIndex(a => a.Agent == listing.Agent);
            if (place < 0)
            {
                _agents.Add(listing);
            }
            else
            {
                _agents[place] = listing;
            }
        }

        return Task.CompletedTask;
    }

    public Task<AgentPage> List(AgentQuery query)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(query.Limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(query.Limit, AgentQuery.MaxLimit);
        lock (_turn)
        {
            var end = query.After is { } after ? Math.Max(0, _agents.FindIndex(a => a.Agent.Value == after)) : _agents.Count;
            var found = _agents.Take(end).Reverse()
                .Where(a => query.Parent is null || a.Parent == query.Parent)
                .Where(a => query.NameContains is not { } text || a.Name.Contains(text, StringComparison.OrdinalIgnoreCase))
                .Take(query.Limit + 1)
                .ToList();
            return Task.FromResult(found.Count > query.Limit
                ? new AgentPage([.. found.SkipLast(1)], found[^2].Agent.Value)
                : new AgentPage([.. found], null));
        }
    }

    public Task Ping() => Task.CompletedTask;
}

public sealed class MemoryAgentDirectoryTests : AgentDirectoryContract
{
    protected override IAgentDirectory Agents { get; } = new MemoryAgentDirectory();
}
