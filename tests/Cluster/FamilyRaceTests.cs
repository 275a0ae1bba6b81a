using Budgets.ApiHost.Auth;
using Budgets.Tests.Crash;
using Xunit.Abstractions;

namespace Budgets.Tests.Cluster;

/// <summary>The last dollars of a parent whose children are spread over three silos, over both API hosts.</summary>
[Collection(nameof(AloneOnTheMachine))]
public sealed class FamilyRaceTests(ITestOutputHelper output)
{
    [Fact]
    public async Task Of_all_that_two_hundred_children_charge_exactly_as_much_is_admitted_as_the_parent_has_left()
    {
        var operatorKey = ApiKey.New(ApiKey.OperatorPrefix);
        await using var fleet = await Fleet.Start(operatorKey);
        var race = new FamilyRace(fleet.Rest, operatorKey);

        await race.Run();

        output.WriteLine($"cured by the same key: {string.Join(", ", race.Unanswered.CountBy(c => c))}");
    }
}
