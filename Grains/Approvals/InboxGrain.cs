using System.Collections.Immutable;
using Budgets.Keys;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Providers;
using Orleans.Storage;

namespace Budgets.Approvals;

/// <summary>Which agents may have requests waiting for a person. What they are is asked of their budgets, so that nothing here can be out of date but by one agent too many.</summary>
[GrainType("inbox")]
internal sealed class InboxGrain : Grain, IInboxGrain
{
    /// <summary>An agent that was noted this short ago may be about to ask.</summary>
    private static readonly TimeSpan Fresh = TimeSpan.FromMinutes(1);

    private readonly Stored<StoredInbox> _stored;
    private readonly TimeProvider _clock;
    private readonly Dictionary<string, DateTimeOffset> _noted = [];
    private readonly DateTimeOffset _since;

    public InboxGrain([FromKeyedServices(ProviderConstants.DEFAULT_STORAGE_PROVIDER_NAME)] IGrainStorage storage, [FromKeyedServices("Budgets")] TimeProvider clock)
    {
        _stored = new Stored<StoredInbox>(storage, "inbox", this);
        _clock = clock;
        _since = clock.GetUtcNow();
    }

    public async Task Note(AgentId agent)
    {
        _noted[agent.Value] = _clock.GetUtcNow();
        while (true)
        {
            var known = await _stored.Read() ?? new StoredInbox();
            if (known.Agents.Contains(agent.Value))
            {
                return;
            }

            if (known.Agents.Count >= IInboxGrain.Most)
            {
                throw new OverloadedException($"{IInboxGrain.Most} agents wait for people already in this part of the list.");
            }

            if (await _stored.TryWrite(new StoredInbox { Agents = [.. known.Agents, agent.Value] }))
            {
                return;
            }

            _stored.Forget();
        }
    }

    public async Task<ImmutableArray<AgentId>> Agents() => [.. (await _stored.Read() ?? new StoredInbox()).Agents.Select(a => new AgentId(a))];

    public async Task Forget(ImmutableArray<AgentId> agents)
    {
        // What an activation before this one was told it does not know.
        var longAgo = _clock.GetUtcNow() - Fresh;
        if (_since > longAgo || await _stored.Read() is not { } known)
        {
            return;
        }

        foreach (var old in _noted.Where(n => n.Value <= longAgo).Select(n => n.Key).ToList())
        {
            _noted.Remove(old);
        }

        var gone = agents.Select(a => a.Value).Where(a => !_noted.ContainsKey(a)).ToHashSet();
        if (known.Agents.Any(gone.Contains) && !await _stored.TryWrite(new StoredInbox { Agents = [.. known.Agents.Where(a => !gone.Contains(a))] }))
        {
            _stored.Forget();
        }
    }
}

/// <summary>As stored: names are a promise.</summary>
[GenerateSerializer, Alias("Budgets.StoredInbox")]
internal sealed class StoredInbox
{
    [Id(0)] public List<string> Agents { get; set; } = [];
}
