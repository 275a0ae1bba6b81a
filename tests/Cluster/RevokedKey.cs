using Budgets.Tests.Crash;

namespace Budgets.Tests.Cluster;

/// <summary>A key that both API hosts know well, to be revoked while something happens to a silo.</summary>
internal sealed class RevokedKey(Fleet fleet, Crowd crowd, string agent, string keyId, string key)
{
    /// <summary>A revocation works on every host within this time.</summary>
    private static readonly TimeSpan Works = TimeSpan.FromSeconds(5);

    public static async Task<RevokedKey> Mint(Fleet fleet, Crowd crowd)
    {
        var agent = await fleet.Rest.PostUntilAnswered("/v1/agents", crowd.OperatorKey, """{"name":"revoked"}""", null);
        var (id, key) = (agent.Body.GetProperty("agent_id").GetString()!, agent.Body.GetProperty("api_key").GetString()!);
        var keys = await Rest.UntilAnswered(() => fleet.Rest.Get($"/v1/agents/{id}/keys", crowd.OperatorKey));
        var minted = new RevokedKey(fleet, crowd, id, keys.Body.GetProperty("data")[0].GetProperty("key_id").GetString()!, key);
        foreach (var host in fleet.Hosts)
        {
            var me = await Rest.UntilAnswered(() => minted.Use(host));
            me.Status.Should().Be(200, me.Code);
        }

        return minted;
    }

    /// <summary>Revokes it, and sees that no host takes it five seconds later.</summary>
    public async Task Revoke()
    {
        var revoked = await Rest.UntilAnswered(() => fleet.Rest.Delete($"/v1/agents/{agent}/keys/{keyId}", crowd.OperatorKey));
        if (revoked.Status != 200)
        {
            crowd.Tally.Wrong($"revoking {keyId} was answered {revoked.Status} {revoked.Code}");
        }

        using var later = new PeriodicTimer(Works);
        await later.WaitForNextTickAsync();
        foreach (var (i, host) in fleet.Hosts.Index())
        {
            var answer = await Rest.UntilAnswered(() => Use(host));
            if (answer.Status != 401)
            {
                crowd.Tally.Wrong($"{keyId} was revoked five seconds ago, and host {i} answers {answer.Status} {answer.Code}");
            }
        }
    }

    private Task<Answer> Use(Rest host) => host.Get("/v1/agents/me", key);
}
