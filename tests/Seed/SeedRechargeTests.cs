using System.Globalization;
using Budgets.Tests.Http;

namespace Budgets.Tests.Seed;

/// <summary>The seed document's two recharges, by its own Python and with its own figures.</summary>
public sealed class SeedRechargeTests(SeedHost host) : IClassFixture<SeedHost>
{
    private const int Days = 14;

    private Api Api => host.Api;

    /// <summary>"Agent makes API call, balance drops to $9.50 … Balance increases to $109.50 … Agent's API call completes successfully."</summary>
    [Fact]
    public async Task A_balance_that_drops_below_the_threshold_is_recharged()
    {
        var agent = await Credited("12.00");
        await Snippets.Run("04_auto_recharge.py", Api.Address, agent.Key);

        (await agent.Charge("2.50")).Status.Should().Be(201);

        await CreditTests.UntilPaid(agent, 1);
        (await agent.Get("/v1/agents/balance")).Dollars("balance").Should().Be(109.5m);
    }

    /// <summary>"Averages $15/day. Current balance: $20 … Triggers recharge now (before depletion)."</summary>
    [Fact]
    public async Task A_balance_that_may_not_last_is_recharged_before_it_is_used_up()
    {
        var agent = await Credited("230.00");
        for (var hour = 0; hour < 24 * Days; hour++)
        {
            // $15.00 a day, most of it by day, and no hour like the one before.
            await agent.Charge(string.Create(CultureInfo.InvariantCulture, $"{(hour % 24 is >= 8 and < 20 ? 1.0m : 0.25m) + (hour % 2 == 0 ? 0.1m : -0.1m):F2}"));
            Api.Clock.Advance(TimeSpan.FromHours(1));
        }

        var before = (await agent.Get("/v1/agents/balance")).Dollars("balance");
        await Snippets.Run("05_predictive_recharge.py", Api.Address, agent.Key);

        before.Should().Be(20m);
        await CreditTests.UntilPaid(agent, 1);
        (await agent.Get("/v1/agents/balance")).Dollars("balance").Should().Be(120m);
    }

    private async Task<Agent> Credited(string dollars)
    {
        var agent = await Api.NewAgent();
        (await agent.Post("/v1/agents/credits", $$"""{"amount":{{dollars}},"source":"manual"}""", "first")).Status.Should().Be(201);
        return agent;
    }
}
