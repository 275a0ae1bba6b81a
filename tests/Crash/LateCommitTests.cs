using Budgets.ApiHost.Auth;

namespace Budgets.Tests.Crash;

/// <summary>Found by the kill -9 run: money really spent is booked, however many reservations expire in the same moment.</summary>
[Collection(nameof(OneHost))]
public sealed class LateCommitTests
{
    private const int Holds = 300;

    [Fact]
    public async Task Reservations_that_expire_together_and_are_committed_at_once_are_all_booked_as_late()
    {
        var directory = Directory.CreateTempSubdirectory("budgets-crash-").FullName;
        try
        {
            var operatorKey = ApiKey.New(ApiKey.OperatorPrefix);
            using var process = ApiProcess.Start(directory, operatorKey);
            var (address, _) = await process.Ready();
            using var rest = new Rest(address);
            var agent = await rest.Post("/v1/agents", operatorKey, """{"name":"late","budget":{"total_limit":1000}}""");
            var key = agent.Body.GetProperty("api_key").GetString()!;
            var held = await Task.WhenAll(Enumerable.Range(0, Holds).Select(_ => rest.Post("/v1/reservations", key, """{"amount":1,"ttl_seconds":1}""")));
            await Past(held.Max(h => h.Body.GetProperty("expires_at").GetDateTimeOffset()));

            var committed = await Task.WhenAll(held.Select(
                h => rest.Post($"/v1/reservations/{h.Body.GetProperty("reservation_id").GetString()}/commit", key, """{"amount":1}""")));

            committed.CountBy(c => $"{c.Status} {c.Code}").Should().BeEquivalentTo([KeyValuePair.Create("200 no code", Holds)]);
            committed.Should().OnlyContain(c => c.Body.GetProperty("late").GetBoolean());
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private static async Task Past(DateTimeOffset moment)
    {
        var left = moment - TimeProvider.System.GetUtcNow();
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(Math.Max(1, left.TotalMilliseconds + 1)));
        await timer.WaitForNextTickAsync();
    }
}
