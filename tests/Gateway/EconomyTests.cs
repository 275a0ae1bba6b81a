using Budgets.Tests.Http;
using static Budgets.Tests.Gateway.RoutedApi;
using static Budgets.Tests.Gateway.RoutedCallTests;

namespace Budgets.Tests.Gateway;

/// <summary>From a set part of a limit on an agent goes on with cheaper models, and is not stopped.</summary>
[Collection(RoutedApi.Name)]
public sealed class EconomyTests(RoutedApi api)
{
    private const string Asked = """{"model":"gpt-4o","messages":[{"role":"user","content":"hello"}],"max_tokens":100}""";

    [Fact]
    public async Task From_the_set_percentage_on_a_named_model_is_served_by_the_next_cheaper_tier()
    {
        var agent = await api.NewAgent("""{"daily_limit":1,"economy_at_percent":50}""");
        api.Answers();

        var before = await agent.Post("/v1/chat/completions", Asked);
        await agent.Post("/v1/charges", """{"amount":0.5}""");
        api.Clock.Advance(TimeSpan.FromSeconds(2));
        var after = await agent.Post("/v1/chat/completions", Asked);
        var auto = await Post(agent, Asked.Replace(Large, "auto", StringComparison.Ordinal), "complex");
        var smallest = await agent.Post("/v1/chat/completions", Asked.Replace(Large, Small, StringComparison.Ordinal));

        (Header(before, "x-budget-model"), Header(before, "x-budget-route")).Should().Be((Large, ""));
        (Header(after, "x-budget-model"), Header(after, "x-budget-route")).Should().Be((Middle, "economy"), after.Text);
        (Header(auto, "x-budget-model"), Header(auto, "x-budget-route")).Should().Be((Small, "auto:complex:economy"));
        (Header(smallest, "x-budget-model"), Header(smallest, "x-budget-route")).Should().Be((Small, ""), "there is nothing cheaper");
        (await api.AtRest(agent)).Where(l => l.Kind == "settle").Select(l => l.Model).Should().Equal(Large, Middle, Small, Small);
    }

    [Fact]
    public async Task What_does_not_fit_any_more_goes_down_another_tier_before_it_is_refused()
    {
        var agent = await api.NewAgent("""{"daily_limit":1,"economy_at_percent":80}""");
        api.Answers();
        await agent.Post("/v1/charges", """{"amount":0.9998}""");

        var fits = await agent.Post("/v1/chat/completions", Asked);
        await agent.Post("/v1/charges", """{"amount":0.0002,"mode":"record"}""");
        var refused = await agent.Post("/v1/chat/completions", Asked);

        (fits.Status, Header(fits, "x-budget-model"), Header(fits, "x-budget-route")).Should().Be((200, Small, "economy"), fits.Text);
        (refused.Status, refused["error"].GetProperty("code").GetString()).Should().Be((402, "budget_exceeded"));
    }

    [Fact]
    public async Task Economy_set_from_above_can_only_begin_earlier()
    {
        var agent = await api.NewAgent("""{"daily_limit":1,"economy_at_percent":80}""");

        (await agent.Post("/v1/agents/budget", """{"economy_at_percent":90}""")).Status.Should().Be(403);
        (await agent.Post("/v1/agents/budget", """{"economy_at_percent":0}""")).FaultyFields.Should().Equal("economy_at_percent");
        var set = await agent.Post("/v1/agents/budget", """{"economy_at_percent":60}""");

        set["own"].GetProperty("economy_at_percent").GetInt32().Should().Be(60);
        set["from_above"].GetProperty("economy_at_percent").GetInt32().Should().Be(80);
    }
}
