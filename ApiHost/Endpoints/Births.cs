using Budgets.ApiHost.Auth;
using Budgets.ApiHost.Http;

namespace Budgets.ApiHost.Endpoints;

/// <summary>A child that has begun, and its first key.</summary>
/// <param name="EndsAt">When it closes by itself: as agreed, and never later than its parent.</param>
internal sealed record Born(AgentId Child, string Key, KeyRecord Record, DateTimeOffset? EndsAt);

/// <summary>Brings children into being.</summary>
internal static class Births
{
    /// <summary>A key outlives its agent by as long as a hold can: what was spent by then can still be committed.</summary>
    private static readonly TimeSpan Afterwards = TimeSpan.FromSeconds(HoldRequest.MaxTtlSeconds);

    /// <summary>
    /// The tree agrees, then the child is listed, then its budget opens, then it gets a key: a crash anywhere leaves nothing that could spend unseen.
    /// </summary>
    /// <param name="scopes">No wider than the caller's.</param>
    /// <param name="maxBelow">How many levels of descendants it may have; null: no bound of its own.</param>
    /// <returns>Null: refused, and the refusal was sent.</returns>
    public static async Task<Born?> Bear(Call call, ChildTerms terms, Scopes scopes, int? maxBelow = null)
    {
        var (edge, child) = (call.Edge, new AgentId(Base62.Random(AgentId.Prefix, 20)));
        var outcome = await call.Tree.Agree(new AgreeRequest(child, call.By, terms));
        if (outcome is { Result: ConfigureResult.Done, Budget: { } parent })
        {
            var endsAt = Earlier(terms.EndsAt, parent.EndsAt);
            await edge.Grains.GetGrain<IDirectoryGrain>(0).Enroll(new AgentListing(child, terms.Name, parent.Agent, edge.Now, Closed: false));
            outcome = await edge.Grains.GetGrain<IBudgetGrain>(child.Value).Open(
                new OpenRequest(terms.Name, call.By, parent.TimeZone, parent.WeekStart, parent.Agent, Limits(terms, call.By, parent), endsAt, maxBelow));
            if (outcome.Result == ConfigureResult.Done)
            {
                var (key, record) = KeyEndpoints.New(child, scopes, null, Earlier(call.Caller.Key?.ExpiresAt, endsAt + Afterwards), edge.Now);
                await edge.Grains.GetGrain<IKeyRingGrain>(child.Value).Mint(ApiKey.Digest(key).ToHash(), record);
                call.Http.Response.Headers.CacheControl = "no-store";
                return new Born(child, key, record, endsAt);
            }
        }

        await BudgetEndpoints.Refuse(call, outcome);
        return null;
    }

    // What the parent needs an approval for, it cannot have done by a child without one.
    private static ConfigureRequest Limits(ChildTerms t, string by, BudgetView parent) => new(
        Layer.Above, by, OnlyTighten: false, Daily: Change.To(t.Daily), Weekly: Change.To(t.Weekly), Monthly: Change.To(t.Monthly), Total: Change.To(t.Total),
        HardStop: t.Policy == OverrunPolicy.Block, ApprovalThreshold: Change.To(BudgetAnswer.ThresholdOf(parent)));

    private static DateTimeOffset? Earlier(DateTimeOffset? a, DateTimeOffset? b) => a is null || b < a ? b : a;
}
