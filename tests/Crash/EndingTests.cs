using Budgets.ApiHost.Auth;

namespace Budgets.Tests.Crash;

/// <summary>The process at its edges: asked to end under load, and started where another one lives.</summary>
[Collection(nameof(AloneOnTheMachine))]
public sealed class EndingTests
{
    private const int Rounds = 3;

    [Fact]
    public async Task Asked_to_end_it_answers_what_it_has_begun_and_leaves_nobody_in_doubt()
    {
        using var siege = new Siege(KillNineTests.Seed());
        for (var life = 0; life <= Rounds && siege.Tally.IsClean; life++)
        {
            using var process = siege.Start();
            using var rest = await siege.Ready(process);
            await (life == 0 ? siege.Open(rest) : siege.Audit(rest, drained: true));
            await siege.RaiseCap(rest);
            await siege.Spend(rest, async () =>
            {
                await siege.Moment(0.2, 1);
                process.Terminate();
                (await process.Exited()).Should().Be(0, process.Output);
            });
        }

        siege.Tally.IsClean.Should().BeTrue(siege.Tally.ToString());
    }

    [Fact]
    public async Task A_second_process_on_the_same_data_directory_says_so_and_ends()
    {
        var directory = Directory.CreateTempSubdirectory("budgets-crash-").FullName;
        try
        {
            var key = ApiKey.New(ApiKey.OperatorPrefix);
            using var first = ApiProcess.Start(directory, key);
            var (address, _) = await first.Ready();

            using var second = ApiProcess.Start(directory, key);
            var code = await second.Exited();

            code.Should().NotBe(0);
            second.Output.Should().Contain($"'{directory}' is in use").And.Contain($"pid {first.Id}").And.NotContain("   at ", "a stack trace is no message for an operator");
            using var rest = new Rest(address);
            (await rest.Get("/health/ready", key)).Status.Should().Be(200, "the first one lives on");
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }
}
