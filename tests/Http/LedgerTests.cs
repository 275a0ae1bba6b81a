using System.Text.Json;

namespace Budgets.Tests.Http;

[Collection(Api.Name)]
public sealed class LedgerTests(Api api)
{
    [Fact]
    public async Task The_ledger_tells_what_happened_newest_first()
    {
        var agent = await api.NewAgent();
        var reserved = await agent.Reserved("2.00");
        await agent.Post($"/v1/reservations/{reserved}/commit", """{"amount":1.5,"model":"m"}""");
        var charge = await agent.Post("/v1/charges", """{"amount":3,"operation":"o","tags":["t"],"usage":{"output_tokens":7},"idempotency_key":"k"}""");

        var lines = (await agent.Get("/v1/agents/ledger"))["data"].EnumerateArray().ToList();

        lines.Select(l => l.GetProperty("kind").GetString()).Take(3).Should().Equal("charge", "settle", "hold");
        lines[0].GetProperty("charge_id").GetString().Should().Be(charge["charge_id"].GetString());
        lines[0].GetProperty("idempotency_key").GetString().Should().Be("k");
        lines[0].GetProperty("usage").GetProperty("output_tokens").GetInt32().Should().Be(7);
        lines[0].GetProperty("balances").GetRawText().Should().Be(charge["balances"].GetRawText());
        lines[1].GetProperty("reservation_id").GetString().Should().Be(reserved);
        lines[1].GetProperty("amount").GetRawText().Should().Be("1.50");
    }

    [Fact]
    public async Task Pages_follow_each_other_without_gap_or_repeat_while_entries_are_added()
    {
        var agent = await api.NewAgent();
        await agent.Post("/v1/charges", $$"""{"charges":[{{string.Join(',', Enumerable.Repeat("""{"amount":0.01}""", 25))}}]}""");
        var newest = (await agent.Get("/v1/agents/ledger?limit=1"))["data"][0].GetProperty("seq").GetInt64();
        var seen = new List<long>();

        for (var page = await agent.Get("/v1/agents/ledger?limit=10"); ;)
        {
            seen.AddRange(page["data"].EnumerateArray().Select(l => l.GetProperty("seq").GetInt64()));
            if (!page["has_more"].GetBoolean())
            {
                page["next_cursor"].ValueKind.Should().Be(JsonValueKind.Null);
                break;
            }

            await agent.Charge("0.01");
            page = await agent.Get($"/v1/agents/ledger?limit=10&cursor={page["next_cursor"].GetString()}");
        }

        seen.Should().Equal(Enumerable.Range(1, (int)newest).Select(i => (long)i).Reverse());
    }

    [Fact]
    public async Task Filters_leave_only_what_was_asked_for()
    {
        var agent = await api.NewAgent();
        await agent.Post("/v1/charges", """{"charges":[{"amount":1,"model":"a","tags":["x"]},{"amount":2,"model":"b","tags":["x","y"]},{"amount":3}]}""");
        await agent.Reserved("4");
        async Task<string[]> Amounts(string filter) =>
            [.. (await agent.Get("/v1/agents/ledger?" + filter))["data"].EnumerateArray().Select(l => l.GetProperty("amount").GetRawText())];

        (await Amounts("kind=charge")).Should().Equal("3.00", "2.00", "1.00");
        (await Amounts("model=b")).Should().Equal("2.00");
        (await Amounts("tag=x")).Should().Equal("2.00", "1.00");
        (await Amounts("kind=hold&until=2020-01-01T00:00:00Z")).Should().BeEmpty();
        (await Amounts("kind=hold&from=2020-01-01T00:00:00%2B01:00")).Should().Equal("4.00");
    }

    [Fact]
    public async Task Csv_has_every_entry_and_no_formulas()
    {
        var agent = await api.NewAgent();
        await agent.Post("/v1/charges", """{"amount":1,"model":"=HYPERLINK(1)","operation":"say \"hi\", twice","tags":["a","b"]}""");
        for (var i = 0; i < 3; i++)
        {
            await agent.Post("/v1/charges", $$"""{"charges":[{{string.Join(',', Enumerable.Repeat("""{"amount":0.01}""", 1000))}}]}""");
        }

        var csv = await agent.Get("/v1/agents/ledger", accept: "text/csv");

        csv.MediaType.Should().Be("text/csv");
        var lines = csv.Text.Split("\r\n");
        var newest = (await agent.Get("/v1/agents/ledger?limit=1"))["data"][0].GetProperty("seq").GetInt64();
        lines.Should().HaveCount((int)newest + 2, "a line for each entry, one of names, and nothing after the last end");
        lines[0].Should().StartWith("entry_id,seq,at,kind,amount,");
        lines.Skip(1).SkipLast(1).Select(l => long.Parse(l.Split(',')[1])).Should().BeInDescendingOrder();
        csv.Text.Should().Contain(",'=HYPERLINK(1),\"say \"\"hi\"\", twice\",a;b,");
        (await api.Operator.Send("GET", $"/v1/agents/{agent.Id}/ledger?limit=5", null, r => r.Headers.Accept.ParseAdd("text/csv"))).Status.Should().Be(400);
    }

    [Fact]
    public async Task The_list_of_agents_goes_by_pages_and_finds_by_name()
    {
        var name = Base62.Random("zz", 12);
        for (var i = 0; i < 5; i++)
        {
            await api.Operator.Post("/v1/agents", $$"""{"name":"{{name}} {{i}}"}""");
        }

        var first = await api.Operator.Get($"/v1/agents?limit=3&query={name}");
        var second = await api.Operator.Get($"/v1/agents?limit=3&query={name}&cursor={first["next_cursor"].GetString()}");

        first["data"].EnumerateArray().Concat(second["data"].EnumerateArray()).Select(a => a.GetProperty("name").GetString())
            .Should().Equal([.. Enumerable.Range(0, 5).Reverse().Select(i => $"{name} {i}")]);
        second["has_more"].GetBoolean().Should().BeFalse();
        (await api.Operator.Get("/v1/agents?query=%25"))["data"].GetArrayLength().Should().Be(0, "a percent sign is taken literally");
    }

    [Fact]
    public async Task An_agent_can_be_renamed_and_described()
    {
        var agent = await api.NewAgent();

        var patched = await agent.Patch($"/v1/agents/{agent.Id}", """{"name":"Writer","time_zone":"Asia/Tokyo","week_start":"sunday","metadata":{"team":"blue"}}""");

        patched.Status.Should().Be(200);
        (patched["name"].GetString(), patched["time_zone"].GetString(), patched["week_start"].GetString()).Should().Be(("Writer", "Asia/Tokyo", "sunday"));
        patched["metadata"].GetRawText().Should().Be("""{"team":"blue"}""");
        (await agent.Get("/v1/agents/me"))["name"].GetString().Should().Be("Writer");
        (await agent.Patch($"/v1/agents/{agent.Id}", "{}")).Status.Should().Be(400);
    }

    [Fact]
    public async Task A_request_that_is_refused_leaves_no_agent_behind()
    {
        var name = Base62.Random("yy", 12);

        (await api.Operator.Post("/v1/agents", $$"""{"name":"{{name}}","time_zone":"Mars/Olympus"}""")).Status.Should().Be(400);
        (await api.Operator.Post("/v1/agents", $$$"""{"name":"{{{name}}}","budget":{"daily_limit":-1,"time_zone":"UTC"},"time_zone":"Asia/Tokyo"}"""))
            .FaultyFields.Should().BeEquivalentTo("budget.daily_limit", "budget.time_zone");

        (await api.Operator.Get($"/v1/agents?query={name}"))["data"].GetArrayLength().Should().Be(0);
    }
}
