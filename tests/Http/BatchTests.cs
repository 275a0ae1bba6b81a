using System.Text.Json;

namespace Budgets.Tests.Http;

[Collection(Api.Name)]
public sealed class BatchTests(Api api)
{
    [Fact]
    public async Task Every_charge_of_a_batch_has_its_own_outcome_in_order()
    {
        var agent = await api.NewAgent("""{"daily_limit":2.00}""");

        var answer = await agent.Post("/v1/charges", """{"charges":[{"amount":1.5,"idempotency_key":"a"},{"amount":9},{"amount":0.5,"model":"m"}]}""");

        answer.Status.Should().Be(200);
        Statuses(answer).Should().Equal(201, 402, 201);
        answer["results"][1].GetProperty("code").GetString().Should().Be("budget_exceeded");
        answer["results"][1].GetProperty("amount_remaining").GetDecimal().Should().Be(0.5m);
        answer["balances"][0].GetProperty("spent").GetDecimal().Should().Be(2m);
    }

    [Fact]
    public async Task A_batch_sent_again_with_its_keys_is_replayed()
    {
        var agent = await api.NewAgent();
        const string batch = """{"charges":[{"amount":1,"idempotency_key":"a"},{"amount":2,"idempotency_key":"b"}]}""";
        await agent.Post("/v1/charges", batch);
        var before = await agent.Standing();

        var again = await agent.Post("/v1/charges", batch);

        again["results"].EnumerateArray().Should().OnlyContain(r => r.GetProperty("replayed").GetBoolean());
        (await agent.Standing()).Should().Be(before);
    }

    [Fact]
    public async Task A_thousand_charges_fit_and_one_more_does_not()
    {
        var agent = await api.NewAgent();
        static string Batch(int count) => $$"""{"charges":[{{string.Join(',', Enumerable.Repeat("""{"amount":0.01,"model":"claude-4-5-sonnet"}""", count))}}]}""";

        Statuses(await agent.Post("/v1/charges", Batch(1000))).Should().HaveCount(1000).And.OnlyContain(s => s == 201);
        (await agent.Post("/v1/charges", Batch(1001))).FaultyFields.Should().Equal("charges");
        (await agent.Get("/v1/agents/usage")).Dollars("amount_spent").Should().Be(10m);
    }

    [Fact]
    public async Task One_malformed_charge_refuses_the_batch_whole_and_every_fault_is_listed()
    {
        var agent = await api.NewAgent();
        var before = await agent.Standing();

        var answer = await agent.Post("/v1/charges", """{"charges":[{"amount":1},{"amount":-1,"mode":"maybe"},null,{"amount":1,"tags":[""]}]}""");

        answer.Status.Should().Be(400);
        answer.FaultyFields.Should().BeEquivalentTo("charges[1].amount", "charges[1].mode", "charges[2]", "charges[3].tags");
        (await agent.Standing()).Should().Be(before);
    }

    [Theory]
    [InlineData("""{"charges":[]}""", "charges")]
    [InlineData("""{"charges":[{"amount":1}],"amount":1}""", "charges")]
    [InlineData("""{"charges":[{"amount":1,"charges":[]}]}""", "charges[0].charges")]
    [InlineData("""{"charges":{"amount":1}}""", "charges")]
    public async Task A_batch_is_a_list_of_charges_and_nothing_else(string body, string field)
    {
        var agent = await api.NewAgent();

        (await agent.Post("/v1/charges", body)).FaultyFields.Should().Equal(field);
    }

    [Fact]
    public async Task A_batch_takes_no_key_for_all_of_it()
    {
        var agent = await api.NewAgent();

        (await agent.Post("/v1/charges", """{"charges":[{"amount":1}]}""", "k")).FaultyFields.Should().Equal("Idempotency-Key");
    }

    private static int[] Statuses(Answer answer) => [.. answer["results"].EnumerateArray().Select(r => r.GetProperty("status").GetInt32())];
}
