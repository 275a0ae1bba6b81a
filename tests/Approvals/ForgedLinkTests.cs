using Budgets.Tests.Gateway;
using Microsoft.Extensions.DependencyInjection;
using Orleans;
using Orleans.Runtime;

namespace Budgets.Tests.Approvals;

/// <summary>Anybody may open an address: whoever makes tokens up must not fill the memory.</summary>
[Collection(GatewayApi.Name)]
public sealed class ForgedLinkTests(GatewayApi api)
{
    [Fact]
    public async Task A_token_that_is_not_ours_wakes_nothing()
    {
        using var http = new HttpClient { BaseAddress = api.Address };
        await Open(http);
        var before = (Requests: await Active("ApprovalGrain"), All: await Active());

        for (var i = 0; i < 200; i++)
        {
            await Open(http);
        }

        // Link grains come up as there is work for them, and the host has work of its own.
        (await Active("ApprovalGrain")).Should().Be(before.Requests);
        (await Active() - before.All).Should().BeLessThan(50, "of four hundred requests");
    }

    private static async Task Open(HttpClient http)
    {
        var id = ApprovalId.Of(new AgentId(Base62.Random(AgentId.Prefix, 20)), 1);
        var token = ApprovalToken.Make(new byte[ApprovalToken.KeyLength], id, "stranger@example.com", DateTimeOffset.MaxValue.AddYears(-1));
        using var shown = await http.GetAsync($"/approve/{token}");
        using var decided = await http.PostAsync($"/approve/{token}", new FormUrlEncodedContent([new("decision", "approve")]));
        ((int)shown.StatusCode, (int)decided.StatusCode).Should().Be((404, 404));
    }

    /// <param name="kind">Null: of every kind.</param>
    private async Task<int> Active(string? kind = null) =>
        (await api.App.Services.GetRequiredService<IGrainFactory>().GetGrain<IManagementGrain>(0).GetSimpleGrainStatistics())
        .Where(s => kind is null || s.GrainType.Contains(kind, StringComparison.Ordinal)).Sum(s => s.ActivationCount);
}
