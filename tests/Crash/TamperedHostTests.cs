using Budgets.ApiHost.Auth;
using Budgets.Tests.Journal;
using Microsoft.Data.Sqlite;

namespace Budgets.Tests.Crash;

/// <summary>The whole service on a file in which somebody has made money come back while it was down.</summary>
[Collection(nameof(OneHost))]
public sealed class TamperedHostTests : IDisposable
{
    private readonly ScratchDirectory _scratch = new();
    private readonly string _key = ApiKey.New(ApiKey.OperatorPrefix);

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public async Task A_budget_whose_ledger_was_changed_stays_shut_says_where_and_keeps_nobody_else_from_theirs()
    {
        var (poor, rich) = ((Id: "", Key: ""), (Id: "", Key: ""));
        using (var process = ApiProcess.Start(_scratch.Path, _key))
        {
            using var rest = new Rest((await process.Ready()).Address);
            (poor, rich) = (await Spender(rest), await Spender(rest));
            (await rest.Get($"/v1/agents/{poor.Id}/ledger/verify", _key)).Body.GetProperty("verified").GetBoolean().Should().BeTrue();
            process.Terminate();
            await process.Exited();
        }

        var seq = Forge(poor.Id);
        using var after = ApiProcess.Start(_scratch.Path, _key);
        using var again = new Rest((await after.Ready()).Address);

        var balance = await again.Get("/v1/agents/budget", poor.Key);
        var charge = await again.Post("/v1/charges", poor.Key, """{"amount":1}""");
        var proof = await again.Get("/v1/agents/ledger/verify", poor.Key);

        (balance.Status, balance.Code, balance.SaysWhen).Should().Be((503, "store_unavailable", true));
        (charge.Status, charge.Code).Should().Be((503, "store_unavailable"));
        proof.Status.Should().Be(200);
        proof.Body.GetProperty("verified").GetBoolean().Should().BeFalse();
        proof.Body.GetProperty("first_fault").GetProperty("seq").GetInt64().Should().Be(seq);
        await after.Says("contradicts itself at entry");
        (await again.Post("/v1/charges", rich.Key, """{"amount":1}""")).Status.Should().Be(201);
        (await again.Get("/v1/agents/ledger/verify", rich.Key)).Body.GetProperty("verified").GetBoolean().Should().BeTrue();
    }

    private async Task<(string Id, string Key)> Spender(Rest rest)
    {
        var made = (await rest.Post("/v1/agents", _key, """{"name":"spender","budget":{"daily_limit":100}}""")).Body;
        var (id, key) = (made.GetProperty("agent_id").GetString()!, made.GetProperty("api_key").GetString()!);
        for (var i = 0; i < 5; i++)
        {
            (await rest.Post("/v1/charges", key, """{"amount":7.25}""")).Status.Should().Be(201);
        }

        return (id, key);
    }

    /// <summary>In the newest entry one digit of what is spent.</summary>
    /// <returns>The entry's place.</returns>
    private long Forge(string agent)
    {
        using var connection = new SqliteConnection($"Data Source={_scratch.Database};Pooling=False");
        connection.Open();
        using var forge = connection.CreateCommand();
        forge.CommandText = """
            UPDATE entries SET events = replace(events, '36250000000', '16250000000')
            WHERE id = (SELECT max(e.id) FROM entries e JOIN journals j ON j.id = e.journal WHERE j.name = 'budget/' || $agent AND e.events LIKE '%36250000000%')
            RETURNING seq
            """;
        forge.Parameters.AddWithValue("$agent", agent);
        return (long)forge.ExecuteScalar()!;
    }
}
