using Budgets.ApiHost.Auth;

namespace Budgets.Tests.Crash;

/// <summary>The last dollars of a parent, over REST, from the real process.</summary>
[Collection(nameof(AloneOnTheMachine))]
public sealed class FamilyRaceTests
{
    private const int Rounds = 3;

    [Fact]
    public async Task Of_all_that_two_hundred_children_charge_exactly_as_much_is_admitted_as_the_parent_has_left()
    {
        var directory = Directory.CreateTempSubdirectory("budgets-race-").FullName;
        try
        {
            var operatorKey = ApiKey.New(ApiKey.OperatorPrefix);
            using var process = ApiProcess.Start(directory, operatorKey);
            using var rest = new Rest((await process.Ready()).Address);
            for (var round = 0; round < Rounds; round++)
            {
                var race = new FamilyRace(rest, operatorKey);
                await race.Run();
                race.Unanswered.Should().BeEmpty("nothing failed");
            }
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }
}
