using Budgets.Journal;
using Budgets.Ledger;

namespace Budgets.Tests.Trees;

/// <summary>Agents, their budgets and trees, and the net between them: messages are late, lost, doubled and overtaken, processes die, clocks step.</summary>
internal sealed class World
{
    private static readonly DateTimeOffset Start = new(2026, 3, 4, 22, 0, 0, TimeSpan.Zero);

    private readonly Dictionary<string, SimNode> _nodes = [];
    private readonly Dictionary<string, Task<SimNode>> _waking = [];
    private TimeSpan _step;

    public World(SimLoop loop, SimFaults faults)
    {
        (Loop, Faults) = (loop, faults);
        Loop.After(TimeSpan.FromSeconds(5), Beat);
    }

    public SimLoop Loop { get; }

    public SimFaults Faults { get; set; }

    public MemoryJournalStore Store { get; } = new();

    public Dictionary<AgentId, AgentId?> Parents { get; } = [];

    public DateTimeOffset Clock => Start.AddTicks(Loop.Now) + _step;

    public IEnumerable<SimNode> Nodes => _nodes.Values;

    public void StepClock(TimeSpan by) => _step += by;

    /// <summary>The activation that runs; null: none does.</summary>
    public T? Live<T>(string name)
        where T : SimNode => _nodes.TryGetValue(name, out var node) && node.IsAlive ? (T)node : null;

    public void Crash()
    {
        var alive = _nodes.Values.Where(n => n.IsAlive).ToList();
        if (alive.Count > 0)
        {
            alive[Loop.Next(alive.Count)].Death.TrySetResult();
        }
    }

    /// <summary>A call across the net. Fails like a real one: not delivered, answer lost, other side died; and some arrive twice.</summary>
    public async Task<TAnswer> Call<TNode, TAnswer>(SimNode? from, string to, Func<TNode, ValueTask<TAnswer>> call)
        where TNode : SimNode
    {
        var isLost = from is not null && Loop.Chance(Faults.MessageLost);
        await Loop.Delay(SimFaults.Latency(Loop));
        if (from is { IsAlive: false } && Loop.Chance(500))
        {
            return await SimJournal.Never<TAnswer>();
        }

        if (isLost && Loop.Chance(500))
        {
            await Loop.Delay(TimeSpan.FromSeconds(10));
            throw new TimeoutException("simulated: not delivered");
        }

        if (from is not null && Loop.Chance(Faults.MessageTwice))
        {
            _ = Again(to, call);
        }

        var node = (TNode)await Wake(to);
        var answer = call(node).AsTask();
        if (await Task.WhenAny(answer, node.Death.Task) != answer)
        {
            await Loop.Delay(SimFaults.Latency(Loop));
            throw new TimeoutException("simulated: the other side died");
        }

        await Loop.Delay(SimFaults.Latency(Loop));
        if (from is { IsAlive: false })
        {
            return await SimJournal.Never<TAnswer>();
        }

        if (isLost)
        {
            await Loop.Delay(TimeSpan.FromSeconds(10));
            throw new TimeoutException("simulated: the answer is lost");
        }

        return await answer;
    }

    public Task<SimNode> Wake(string name)
    {
        if (_nodes.TryGetValue(name, out var node) && node.IsAlive)
        {
            return Task.FromResult(node);
        }

        return _waking.TryGetValue(name, out var waking) ? waking : _waking[name] = Activate(name);
    }

    private async Task<SimNode> Activate(string name)
    {
        await Loop.Delay(SimFaults.Latency(Loop));
        var agent = new AgentId(name[(name.IndexOf('/') + 1)..]);
        SimNode node = name.StartsWith("tree/", StringComparison.Ordinal) ? new SimTree(this, agent) : new SimBudget(this, agent);
        var fault = node is SimBudget budget ? await budget.Recover() : await ((SimTree)node).Journal.Recover(CancellationToken.None);
        if (fault is not null)
        {
            throw new InvalidOperationException($"{name} could not be recovered: {fault.Message}", fault);
        }

        _nodes[name] = node;
        _waking.Remove(name);
        return node;
    }

    private async Task Again<TNode, TAnswer>(string to, Func<TNode, ValueTask<TAnswer>> call)
        where TNode : SimNode
    {
        await Loop.Delay(SimFaults.Latency(Loop));
        try
        {
            await call((TNode)await Wake(to));
        }
        catch (Exception e) when (e is StoreUnavailableException or OutcomeUnknownException or OverloadedException or TimeoutException)
        {
            // Nobody waits for it.
        }
    }

    private void Beat()
    {
        foreach (var node in _nodes.Values.Where(n => n.IsAlive).ToList())
        {
            _ = Beat(node);
        }

        Loop.After(TimeSpan.FromSeconds(5), Beat);
    }

    private static async Task Beat(SimNode node)
    {
        try
        {
            await node.Beat();
        }
        catch (Exception e) when (e is StoreUnavailableException or OutcomeUnknownException or OverloadedException or TimeoutException)
        {
            // The next beat makes up for it.
        }
    }
}
