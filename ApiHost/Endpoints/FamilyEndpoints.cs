using System.Text.Json;
using Budgets.ApiHost.Auth;
using Budgets.ApiHost.Http;
using Budgets.ApiHost.OpenApi;

namespace Budgets.ApiHost.Endpoints;

/// <summary>All children of an agent at once: what they spent, and whether their budgets may add up to more than there is.</summary>
internal static class FamilyEndpoints
{
    /// <summary>For answers as deep as the deepest tree: two levels of JSON for one of agents.</summary>
    private static readonly Wire Deep = new(new JsonSerializerOptions(Wire.Default.Options) { TypeInfoResolver = null, MaxDepth = 3 * IAllocationTreeGrain.MaxDepth });

    public static void Map(Routes routes)
    {
        routes.MapOwnAndAddressed("GET", "children/usage", Access.Manage, Usage, new("getChildrenUsage", "Children", "What an agent's children may spend and have spent")
        {
            Text = "Asked of each child's own budget, so that nothing it spends lags; what is spent below a child is known to it within five seconds.",
            Query = [new("depth", typeof(int), "Levels of descendants, 1 (default) to 15.")],
            Answers = [new(200, typeof(FamilyAnswer), "The children, oldest first.")],
        });
        routes.MapOwnAndAddressed("PATCH", "children", Access.Manage, Patch, new("patchChildren", "Children", "Whether the children's budgets may add up to more than the agent's own")
        {
            Body = typeof(FamilyBody), Answers = [new(200, typeof(FamilyAnswer), "The children.")], Problems = [ProblemKind.AgentClosed],
        });
    }

    private static async Task Usage(Call call)
    {
        var query = new Query(call.Http, "depth");
        var depth = query.Whole("depth", 1, IAllocationTreeGrain.MaxDepth - 1, fallback: 1);
        if (query.Problem is { } problem)
        {
            await problem.Send(call.Http);
            return;
        }

        await Send(call, depth);
    }

    private static async Task Patch(Call call)
    {
        var (body, problem) = await Body.Read(call.Http, Wire.Default.FamilyBody);
        var outcome = body is null ? null : await call.Tree.SetOvercommit(body.AllowOvercommit!.Value, call.By);
        await (outcome is null ? problem!.Send(call.Http) : outcome.Result == ConfigureResult.Done ? Send(call, depth: 1) : BudgetEndpoints.Refuse(call, outcome));
    }

    private static async Task Send(Call call, int depth)
    {
        if (await call.Budget.GetBudget() is null)
        {
            await Problem.NotFound.Send(call.Http);
            return;
        }

        using var walk = new FamilyWalk(call.Edge.Grains);
        var (children, mayOvercommit) = await walk.Below(call.Agent, depth);
        await Reply.Send(call.Http, 200, Deep.FamilyAnswer, new(
            children, Sum(children.Select(c => c.Budget ?? Money.Zero)), Sum(children.Select(c => c.Spent)), mayOvercommit, walk.IsTruncated));
    }

    // Ten thousand of the largest budgets do not fit into 64 bits.
    private static Money Sum(IEnumerable<Money> all) => new((long)Int128.Min(all.Aggregate(Int128.Zero, (sum, m) => sum + m.Nanos), long.MaxValue));
}

/// <summary>Asks the trees who is there and each budget how it stands: some at a time, and not more than fit into one answer.</summary>
internal sealed class FamilyWalk(IGrainFactory grains) : IDisposable
{
    /// <summary>Agents in one answer at most, but always all direct children.</summary>
    public const int Most = 10_000;

    private readonly Relatives _relatives = new(grains);
    private int _listed;

    public bool IsTruncated { get; private set; }

    /// <summary>Oldest first.</summary>
    public async Task<(IReadOnlyList<ChildAnswer> Children, bool MayOvercommit)> Below(AgentId parent, int depth)
    {
        var (children, mayOvercommit) = await _relatives.ChildrenOf(parent);
        if (Interlocked.Add(ref _listed, children.Count) > Most && depth > 1)
        {
            IsTruncated = true;
            depth = 1;
        }

        return depth == 1
            ? ([.. children.Select(c => ChildAnswer.Of(c))], mayOvercommit)
            : (await Task.WhenAll(children.Select(async c => ChildAnswer.Of(c, (await Below(c.Agent, depth - 1)).Children))), mayOvercommit);
    }

    public void Dispose() => _relatives.Dispose();
}
