using Budgets.ApiHost.Auth;

namespace Budgets.Tests.Crash;

/// <summary>The last dollars of a parent, over REST, from the real process.</summary>
[Collection(nameof(OneHost))]
public sealed class FamilyRaceTests
{
    private const int Rounds = 3;

    [Fact]
    public async Task What_an_agent_had_drawn_when_the_process_was_killed_another_can_spend_at_once()
    {
        var directory = Directory.CreateTempSubdirectory("budgets-race-").FullName;
        try
        {
            var operatorKey = ApiKey.New(ApiKey.OperatorPrefix);
            string root, spender;
            using (var process = ApiProcess.Start(directory, operatorKey))
            {
                using var rest = new Rest((await process.Ready()).Address);
                root = await Born(rest, "/v1/agents", operatorKey, $$$"""{"name":"root","time_zone":"{{{FarFromMidnight.Zone}}}","budget":{"daily_limit":10}}""");
                var between = await Born(rest, "/v1/agents/create-child", root, """{"child_name":"between"}""");
                var idle = await Born(rest, "/v1/agents/create-child", between, """{"child_name":"idle"}""");
                spender = await Born(rest, "/v1/agents/create-child", root, """{"child_name":"spender"}""");
                (await rest.Post("/v1/charges", idle, """{"amount":0.10}""")).Status.Should().Be(201);
                await process.Kill();
            }

            using var next = ApiProcess.Start(directory, operatorKey);
            using var again = new Rest((await next.Ready()).Address);
            (await again.Get("/v1/agents/budget", root)).Body.GetProperty("windows")[0].GetProperty("remaining").GetDecimal().Should().BeLessThan(9.90m, "more was drawn than is needed");
            (await again.Post("/v1/charges", spender, """{"amount":9.90}""")).Status.Should().Be(201);
            (await again.Post("/v1/charges", spender, """{"amount":0.01}""")).Code.Should().Be("budget_exceeded");
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

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

    private static async Task<string> Born(Rest rest, string path, string key, string body)
    {
        var born = await rest.Post(path, key, body);
        born.Status.Should().Be(201, born.Code);
        return born.Body.GetProperty("api_key").GetString()!;
    }
}
