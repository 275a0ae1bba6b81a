using Budgets.Tests.Crash;
using Budgets.Tests.Http;
using Budgets.Tests.Pricing;
using Budgets.Tests.Seed;

namespace Budgets.Tests.Approvals;

/// <summary>The seed document's expensive_operation, in Python, with nothing changed but base URL and key. scripts/install.sh python3-requests installs what it needs.</summary>
[Collection(Api.Name)]
public sealed class SeedFunctionTests(Api api)
{
    [Theory]
    [InlineData("9.50", "{}")]
    [InlineData("42.00", """{"approval_threshold":50.00}""")]
    public async Task What_is_at_or_under_the_threshold_is_executed_at_once(string cost, string budget)
    {
        using var python = Run(await api.NewAgent(budget), cost);

        (await python.Says("result ")).Should().Be("executed");
        (await python.Exited()).Should().Be(0, python.Output);
    }

    [Fact]
    public async Task What_a_person_approves_is_executed()
    {
        using var python = Run(await api.NewAgent(), "42.00");
        var id = await python.Says("asked ");

        (await api.Operator.Post($"/v1/approvals/{id}/approve")).Status.Should().Be(200);

        (await python.Says("result ")).Should().Be("executed");
    }

    [Fact]
    public async Task What_a_person_denies_is_not_executed_and_its_reason_is_logged()
    {
        using var python = Run(await api.NewAgent(), "42.00");
        var id = await python.Says("asked ");

        await api.Operator.Post($"/v1/approvals/{id}/deny", """{"denial_reason":"next month"}""");

        (await python.Says("result ")).Should().Be("None");
        python.Output.Should().Contain("Operation denied: next month");
    }

    private ChildProcess Run(Agent agent, string cost) =>
        new(Snippets.Python, [Path.Combine(Peers.Root, "tests/Peers/approvals.py"), api.Address.ToString(), agent.Key!, cost]);
}
