using System.Globalization;
using System.Text.Json;

namespace Budgets.Tests.Http;

[Collection(Api.Name)]
public sealed class AnalyticsTests(Api api)
{
    private DateOnly Today => DateOnly.FromDateTime(api.Clock.GetUtcNow().UtcDateTime);

    /// <summary>What the seed document's snippet reads: date and cost of every day, as pandas would take them.</summary>
    [Fact]
    public async Task Every_day_of_the_range_is_a_row()
    {
        var agent = await Spender();

        var answer = await agent.Get($"/v1/agents/analytics?start_date={Text(Today.AddDays(-24))}&end_date={Text(Today)}&group_by=day");

        answer.Status.Should().Be(200, answer.Text);
        var rows = answer["usage_by_day"].EnumerateArray().ToList();
        rows.Select(r => r.GetProperty("date").GetString()).Should().Equal(Enumerable.Range(-24, 25).Select(i => Text(Today.AddDays(i))));
        rows.Select(r => r.GetProperty("cost").GetDecimal()).Should().Equal([.. Enumerable.Repeat(0m, 24), 6m]);
        rows[^1].GetRawText().Should().Be(
            $$"""{"date":"{{Text(Today)}}","cost":6.00,"calls":3,"input_tokens":30,"output_tokens":6,"cache_read_tokens":0,"cache_write_tokens":0}""");
        answer.Json.EnumerateObject().Count(m => m.Name.StartsWith("usage_by_", StringComparison.Ordinal)).Should().Be(1, "only what was asked for is there");
    }

    [Theory]
    [InlineData("week", "date", 1)]
    [InlineData("month", "date", 1)]
    [InlineData("model", "model", 2)]
    [InlineData("operation", "operation", 2)]
    [InlineData("tag", "tag", 1)]
    public async Task Each_group_has_rows_that_add_up(string group, string name, int rows)
    {
        var agent = await Spender();

        var answer = await agent.Get($"/v1/agents/analytics?start_date={Text(Today)}&group_by={group}");

        var found = answer[$"usage_by_{group}"].EnumerateArray().ToList();
        found.Should().HaveCount(rows);
        found.Should().OnlyContain(r => r.GetProperty(name).ValueKind == JsonValueKind.String);
        found.Sum(r => r.GetProperty("cost").GetDecimal()).Should().Be(group == "tag" ? 5m : answer.Dollars("total_cost"), "two calls have the tag");
        answer.Dollars("total_cost").Should().Be(6m);
    }

    [Fact]
    public async Task Without_a_range_it_is_the_last_thirty_days()
    {
        var answer = await (await api.NewAgent()).Get("/v1/agents/analytics");

        answer["usage_by_day"].GetArrayLength().Should().Be(30);
        answer["end_date"].GetString().Should().Be(Text(Today));
    }

    /// <summary>A year may have a 29 February in it.</summary>
    [Fact]
    public async Task A_leap_year_is_answered_and_a_day_more_is_not()
    {
        var agent = await api.NewAgent();

        (await agent.Get("/v1/agents/analytics?start_date=2024-01-01&end_date=2024-12-31"))["usage_by_day"].GetArrayLength().Should().Be(366);
        (await agent.Get("/v1/agents/analytics?start_date=2024-01-01&end_date=2025-01-01")).Status.Should().Be(400);
    }

    [Fact]
    public async Task What_is_not_offered_is_refused_with_what_is()
    {
        var answer = await (await api.NewAgent()).Get("/v1/agents/analytics?group_by=minute");

        answer.Status.Should().Be(400);
        answer["errors"][0].GetProperty("message").GetString().Should().Contain("day, week, month, model, operation, tag, hour, child");
    }

    [Fact]
    public async Task Every_hour_of_the_range_is_a_row_with_its_offset()
    {
        var agent = await api.NewAgent("""{"time_zone":"Asia/Kolkata"}""");
        await agent.Charge("2.50");
        var now = TimeZoneInfo.ConvertTime(api.Clock.GetUtcNow(), TimeZoneInfo.FindSystemTimeZoneById("Asia/Kolkata"));
        var today = DateOnly.FromDateTime(now.DateTime);

        var answer = await agent.Get($"/v1/agents/analytics?start_date={Text(today.AddDays(-1))}&end_date={Text(today)}&group_by=hour");
        var csv = await agent.Get($"/v1/agents/analytics?start_date={Text(today)}&group_by=hour", accept: "text/csv");

        var rows = answer["usage_by_hour"].EnumerateArray().Select(r => (At: r.GetProperty("hour").GetDateTimeOffset(), Cost: r.GetProperty("cost").GetDecimal())).ToList();
        rows.Should().HaveCount(48);
        rows.Where(r => r.Cost > 0).Should().Equal((new DateTimeOffset(now.Year, now.Month, now.Day, now.Hour, 0, 0, now.Offset), 2.5m));
        csv.Text.Split("\r\n")[1].Should().Be($"{Text(today)}T00:00:00+05:30,0.00,0,0,0,0,0");
    }

    /// <summary>Three levels on two days: what a row says is the child's and all below it, and nothing is counted twice.</summary>
    [Fact]
    public async Task Children_are_rows_that_add_up_with_what_is_below_them()
    {
        var parent = await api.NewAgent();
        var (child, quiet) = (await Family.Child(api, parent), await Family.Child(api, parent));
        var grandchild = await Family.Child(api, child);
        var first = Today;
        foreach (var (agent, amount) in ((Agent, string)[])[(parent, "1.00"), (child, "2.00"), (grandchild, "4.00")])
        {
            await agent.Charge(amount);
        }

        api.Clock.Advance(TimeSpan.FromDays(1));
        await grandchild.Charge("8.00");

        var both = await parent.Get($"/v1/agents/analytics?start_date={Text(first)}&group_by=child");
        var last = await parent.Get($"/v1/agents/analytics?start_date={Text(Today)}&group_by=child");
        var below = await parent.Get($"/v1/agents/{child.Id}/analytics?start_date={Text(first)}&group_by=child");
        var csv = await parent.Get($"/v1/agents/analytics?start_date={Text(first)}&group_by=child", accept: "text/csv");

        (both.Dollars("total_cost"), both.Dollars("own_cost"), both["total_calls"].GetInt64(), both["truncated"].GetBoolean()).Should().Be((15m, 1m, 4, false));
        both["usage_by_child"].EnumerateArray().Select(r => (r.GetProperty("child_id").GetString(), r.GetProperty("cost").GetDecimal(), r.GetProperty("own_cost").GetDecimal(), r.GetProperty("calls").GetInt64()))
            .Should().BeEquivalentTo([(child.Id, 14m, 2m, 3L), (quiet.Id, 0m, 0m, 0L)]);
        last.Dollars("total_cost").Should().Be(8m);
        (below.Dollars("own_cost"), below.Dollars("total_cost")).Should().Be((2m, 14m));
        csv.Text.Split("\r\n").Should().Contain($"{child.Id},14.00,3,0,0,0,0");
    }

    [Fact]
    public async Task What_children_spent_takes_the_scope_manage()
    {
        var parent = await api.NewAgent();
        var spender = await api.KeyFor(parent, """["spend"]""");

        (await spender.Get("/v1/agents/analytics?group_by=child")).Code.Should().Be("forbidden");
        (await spender.Get("/v1/agents/analytics?group_by=hour")).Status.Should().Be(200);
    }

    [Fact]
    public async Task Csv_has_the_same_rows_and_no_formulas()
    {
        var agent = await Spender();

        var days = await agent.Get($"/v1/agents/analytics?start_date={Text(Today)}", accept: "text/csv");
        var models = await agent.Get("/v1/agents/analytics?group_by=model", accept: "text/csv");

        days.MediaType.Should().Be("text/csv");
        days.Text.Should().Be($"date,cost,calls,input_tokens,output_tokens,cache_read_tokens,cache_write_tokens\r\n{Text(Today)},6.00,3,30,6,0,0\r\n");
        models.Text.Split("\r\n").Skip(1).Should().Equal("gpt-5,4.00,2,20,4,0,0", "\"'=1+1,2\",2.00,1,10,2,0,0", "");
    }

    [Fact]
    public async Task Usage_tells_what_is_the_agents_own_and_what_its_descendants()
    {
        var parent = await api.NewAgent("""{"daily_limit":25}""");
        var child = await Family.Child(api, parent);
        await parent.Charge("1.00");
        await child.Charge("6.00");
        (await parent.Delete($"/v1/agents/children/{child.Id}")).Status.Should().Be(200, "its last word is what it spent");

        var own = await parent.Get("/v1/agents/usage");
        var all = await parent.Get("/v1/agents/usage?period=this_month&include_children=true");

        (own.Dollars("amount_spent"), own.Dollars("own_spent"), own.Dollars("subtree_spent")).Should().Be((1m, 1m, 7m));
        (all.Dollars("amount_spent"), all.Dollars("own_spent"), all["include_children"].GetBoolean()).Should().Be((7m, 1m, true));
        (await parent.Get("/v1/agents/usage?period=yesterday"))["subtree_spent"].ValueKind.Should().Be(JsonValueKind.Null);
    }

    /// <summary>$1.25 for a million tokens of input and $0.125 from the cache, where reads are a part of the input; $3 and $0.30 where they are told beside it.</summary>
    [Fact]
    public async Task Usage_tells_what_cache_reads_saved_where_there_is_a_price()
    {
        var agent = await api.NewAgent();
        await agent.Post("/v1/charges", """{"amount":1,"model":"gpt-5","usage":{"input_tokens":2000000,"cache_read_tokens":1000000}}""");
        await agent.Post("/v1/charges", """{"amount":1,"model":"claude-4-5-sonnet","usage":{"cache_read_tokens":1000000}}""");
        await agent.Post("/v1/charges", """{"amount":1,"model":"nobody-knows-it","usage":{"input_tokens":9,"cache_read_tokens":5}}""");

        var savings = (await agent.Get("/v1/agents/usage"))["cache_savings"];

        savings.GetRawText().Should().Be("""{"amount":3.825,"cache_read_tokens":2000000,"tokens_without_price":5,"answered_calls":0,"answered_amount":0.00}""");
    }

    private static string Text(DateOnly date) => date.ToString("O", CultureInfo.InvariantCulture);

    private async Task<Agent> Spender()
    {
        var agent = await api.NewAgent();
        foreach (var charge in (string[])[""" "amount":3,"model":"gpt-5","operation":"write","tags":["t"] """, """ "amount":2,"model":"=1+1,2","tags":["t"] """, """ "amount":1,"model":"gpt-5" """])
        {
            (await agent.Post("/v1/charges", $$$"""{{{{charge}}},"usage":{"input_tokens":10,"output_tokens":2}}""")).Status.Should().Be(201);
        }

        return agent;
    }
}
