using System.Text.Json;

namespace Budgets.Tests.Http;

[Collection(Api.Name)]
public sealed class ChildrenTests(Api api)
{
    [Fact]
    public async Task The_seeds_calls_work_unchanged()
    {
        var parent = await api.NewAgent("""{"monthly_limit":500}""");
        var keys = new List<Agent>();
        foreach (var (name, budget) in ((string, string)[])[("ResearchAgent", "100.0"), ("ContentAgent", "200.0"), ("MarketingAgent", "150.0")])
        {
            var created = await parent.Post(
                "/v1/agents/create-child", $$"""{"child_name": "{{name}}", "monthly_budget": {{budget}}, "budget_overrun_policy": "block"}""");
            created.Status.Should().Be(201, created.Text);
            created["child_name"].GetString().Should().Be(name);
            keys.Add(api.Holder(created["api_key"].GetString()!, created["child_id"].GetString()!));
        }

        (await keys[0].Charge("30.00")).Status.Should().Be(201);
        (await keys[1].Reserve("5.00")).Status.Should().Be(201);
        var usage = await parent.Get("/v1/agents/children/usage");

        Lines(usage, "name", "budget", "spent", "held", "monthly_budget", "budget_overrun_policy", "status").Should().BeEquivalentTo(
            "ResearchAgent 100.00 30.00 0.00 100.00 block active",
            "ContentAgent 200.00 0.00 5.00 200.00 block active",
            "MarketingAgent 150.00 0.00 0.00 150.00 block active");
        (usage.Dollars("total_budget"), usage.Dollars("total_spent")).Should().Be((450m, 30m));
    }

    [Fact]
    public async Task A_parents_limit_binds_all_below_it_and_the_refusal_says_whose_it_is()
    {
        var root = await api.NewAgent("""{"daily_limit":10}""");
        var parent = await Family.Child(api, root, ",\"daily_budget\":1000");
        var (first, second) = (await Family.Child(api, parent), await Family.Child(api, parent));
        (await first.Charge("6.00")).Status.Should().Be(201);
        (await root.Charge("1.00")).Status.Should().Be(201);

        var refused = await second.Charge("3.50");

        refused.Status.Should().Be(402, refused.Text);
        (refused.Code, refused["refused_by"].GetString(), refused["agent_id"].GetString()).Should().Be(("budget_exceeded", root.Id, second.Id));
        (refused["limit_type"].GetString(), refused.Dollars("limit_amount"), refused.Dollars("requested")).Should().Be(("daily", 10m, 3.5m));
        (refused.Dollars("amount_spent") + refused.Dollars("amount_held"), refused.Dollars("amount_remaining")).Should().Be((7m, 3m));
        refused["how_to_continue"].EnumerateArray().Select(w => w.GetString()).Should().Contain($"Ask the owner of {root.Id} to raise its limit.");
        refused["detail"].GetString().Should().StartWith($"{root.Id}, above this agent:");
        (await second.Charge("3.00")).Status.Should().Be(201, "nothing is stranded");
    }

    [Fact]
    public async Task Decide_says_what_those_above_would_and_sets_nothing_aside()
    {
        var root = await api.NewAgent("""{"daily_limit":10}""");
        var parent = await Family.Child(api, root, ",\"daily_budget\":1000");
        var (first, second) = (await Family.Child(api, parent), await Family.Child(api, parent));
        (await first.Charge("6.00")).Status.Should().Be(201);
        Task<Answer> Decide(string amount) => second.Post("/v1/decide", $$"""{"amount":{{amount}}}""");

        var denied = await Decide("4.01");
        (denied["decision"].GetString(), denied.Dollars("largest_amount")).Should().Be(("deny", 4m), denied.Text);
        var refusal = denied["refusal"];
        (refusal.GetProperty("refused_by").GetString(), refusal.GetProperty("agent_id").GetString()).Should().Be((root.Id, second.Id));
        (refusal.GetProperty("amount_remaining").GetDecimal(), refusal.GetProperty("requested").GetDecimal()).Should().Be((4m, 4.01m));
        (await Decide("4.00"))["decision"].GetString().Should().Be("allow", "what the sibling has drawn and does not need counts");
        (await root.Charge("4.00")).Status.Should().Be(201, "nothing was set aside");
        (await Decide("0.01"))["decision"].GetString().Should().Be("deny");

        await api.Operator.Post($"/v1/agents/{root.Id}/budget", """{"daily_limit":20}""");
        (await Decide("0.01"))["decision"].GetString().Should().Be("allow");
        await root.Post($"/v1/agents/{parent.Id}/freeze", """{"reason":"secret"}""");
        var frozen = (await Decide("0.01"))["refusal"];
        (frozen.GetProperty("code").GetString(), frozen.GetProperty("refused_by").GetString()).Should().Be(("frozen", parent.Id));
        frozen.GetRawText().Should().NotContain("secret");
    }

    [Fact]
    public async Task Block_refuses_at_the_childs_own_budget_and_alert_goes_on_to_the_parents()
    {
        var parent = await api.NewAgent("""{"daily_limit":10}""");
        var blocked = await Family.Child(api, parent, """,  "daily_budget":1,"budget_overrun_policy":"block" """);
        var alerted = await Family.Child(api, parent, """,  "daily_budget":1,"budget_overrun_policy":"alert" """);

        var refused = await blocked.Charge("2.00");
        (refused.Status, refused["refused_by"].GetString()).Should().Be((402, blocked.Id));
        var over = await alerted.Charge("2.00");
        (over.Status, over["warnings"][0].GetProperty("percent_used").GetInt32()).Should().Be((201, 200));

        (await alerted.Charge("9.00"))["refused_by"].GetString().Should().Be(parent.Id);
    }

    [Fact]
    public async Task Budgets_may_add_up_to_more_than_the_parents_unless_it_forbids_that()
    {
        var parent = await api.NewAgent("""{"monthly_limit":100}""");
        var first = await Family.Child(api, parent, ",\"monthly_budget\":90");
        await Family.Child(api, parent, ",\"monthly_budget\":90");
        (await parent.Patch("/v1/agents/children", """{"allow_overcommit":false}"""))["allow_overcommit"].GetBoolean().Should().BeFalse();

        var refused = await parent.Post("/v1/agents/create-child", """{"child_name":"c","monthly_budget":1}""");
        (refused.Status, refused.Code, refused["refused_by"].GetString(), refused["limit_type"].GetString()).Should().Be((402, "budget_exceeded", parent.Id, "monthly"));
        (refused.Dollars("limit_amount"), refused.Dollars("amount_held"), refused.Dollars("amount_remaining"), refused.Dollars("requested")).Should().Be((100m, 180m, 0m, 1m));
        (await parent.Patch($"/v1/agents/children/{first.Id}", """{"monthly_budget":91}""")).Status.Should().Be(402);
        (await api.Operator.Post($"/v1/agents/{first.Id}/budget", """{"monthly_limit":91}""")).Status.Should().Be(402);
        (await parent.Patch($"/v1/agents/children/{first.Id}", """{"monthly_budget":5}""")).Dollars("monthly_budget").Should().Be(5m);
        (await parent.Post("/v1/agents/create-child", """{"child_name":"c","monthly_budget":5}""")).Status.Should().Be(201);
        (await parent.Get("/v1/agents/children/usage"))["children"].GetArrayLength().Should().Be(3);
    }

    [Fact]
    public async Task What_a_parent_sets_is_a_ceiling_for_the_childs_own()
    {
        var parent = await api.NewAgent();
        var child = await Family.Child(api, parent, ",\"daily_budget\":5");

        (await child.Post("/v1/agents/budget", """{"daily_limit":6}""")).Status.Should().Be(403);
        (await child.Post("/v1/agents/budget", """{"daily_limit":4}""")).Status.Should().Be(200);
        (await parent.Post($"/v1/agents/{child.Id}/budget", """{"daily_limit":3}""")).Status.Should().Be(200);
        (await child.Charge("3.50")).Dollars("limit_amount").Should().Be(3m);
        (await parent.Patch($"/v1/agents/children/{child.Id}", """{"daily_budget":null,"budget_overrun_policy":"alert"}"""))["budget_overrun_policy"].GetString().Should().Be("alert");
        (await child.Charge("3.50")).Status.Should().Be(201, "its own limit is 4");
    }

    [Fact]
    public async Task A_childs_key_is_never_wider_than_the_one_that_made_it()
    {
        var parent = await api.NewAgent();
        var until = api.Clock.GetUtcNow().AddHours(1).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'");
        var minted = await api.Operator.Post($"/v1/agents/{parent.Id}/keys", $$"""{"scopes":["manage"],"expires_at":"{{until}}"}""");
        var manager = api.Holder(minted["api_key"].GetString()!, parent.Id);

        (await manager.Post("/v1/agents/create-child", """{"child_name":"c","scopes":["spend"]}""")).FaultyFields.Should().Equal("scopes");
        var child = await Family.Child(api, manager);
        (await child.Get("/v1/agents/me"))["scopes"].GetRawText().Should().Be("""["manage"]""");
        (await manager.Get($"/v1/agents/{child.Id}/keys"))["data"][0].GetProperty("expires_at").GetDateTimeOffset().Should().Be(api.Clock.GetUtcNow().AddHours(1));
        (await manager.Post($"/v1/agents/{child.Id}/keys", $$"""{"scopes":["spend"],"expires_at":"{{until}}"}""")).Status.Should().Be(403);
        (await manager.Post("/v1/agents/runs", """{"name":"r","budget":1,"expires_in_seconds":60}""")).Status.Should().Be(403);
    }

    [Fact]
    public async Task Closing_a_child_closes_all_below_it_and_gives_back_what_was_not_spent()
    {
        var parent = await api.NewAgent("""{"total_limit":10}""");
        var child = await Family.Child(api, parent);
        var grandchild = await Family.Child(api, child);
        (await grandchild.Charge("1.00")).Status.Should().Be(201);
        (await child.Charge("2.00")).Status.Should().Be(201);

        var closed = await parent.Delete($"/v1/agents/children/{child.Id}");

        (closed.Status, closed["status"].GetString(), closed.Dollars("spent") + closed.Dollars("held")).Should().Be((200, "closed", 3m));
        (await child.Get("/v1/agents/me")).Status.Should().Be(401);
        (await grandchild.Charge("1.00")).Status.Should().Be(401);
        (await Family.Window(parent, "total")).Remaining.Should().Be(7m);
        (await parent.Charge("7.00")).Status.Should().Be(201);
        (await parent.Delete($"/v1/agents/children/{child.Id}")).Status.Should().Be(200, "closing twice is fine");
        (await parent.Post($"/v1/agents/{grandchild.Id}/keys", """{"scopes":["spend"]}""")).Code.Should().Be("agent_closed");
        (await parent.Patch($"/v1/agents/children/{child.Id}", """{"daily_budget":1}""")).Status.Should().Be(410);
        (await parent.Delete($"/v1/agents/children/{grandchild.Id}")).Status.Should().Be(404, "it is no child but a grandchild");
    }

    [Fact]
    public async Task A_run_spends_its_parents_remainder_until_its_deadline_to_the_instant()
    {
        var parent = await api.NewAgent("""{"total_limit":10}""");
        var spender = await api.KeyFor(parent, """["spend"]""");
        var run = await Family.Run(api, spender, "4", 60);
        (await run.Get("/v1/agents/me"))["scopes"].GetRawText().Should().Be("""["spend"]""");
        (await run.Charge("3.00")).Status.Should().Be(201);
        (await run.Charge("1.01"))["refused_by"].GetString().Should().Be(run.Id);
        var sub = await Family.Run(api, run, "0.50", 3600);
        (await sub.Charge("0.25")).Status.Should().Be(201);
        var open = await run.Reserved("0.10");

        api.Clock.Advance(TimeSpan.FromSeconds(60));

        (await run.Charge("0.01")).Code.Should().Be("agent_closed");
        (await run.Reserve("0.01")).Status.Should().Be(410);
        (await sub.Charge("0.01")).Code.Should().Be("agent_closed", "it does not outlive the run");
        (await run.Post($"/v1/reservations/{open}/commit", """{"amount":0.05}""")).Status.Should().Be(200, "what was really spent is booked");
        (await parent.Get("/v1/agents/children/usage"))["children"][0].GetProperty("status").GetString().Should().Be("closed");
        (await parent.Charge("6.70")).Status.Should().Be(201, "what the run did not spend is the parent's again");
        (await parent.Charge("0.01")).Status.Should().Be(402);
    }

    [Fact]
    public async Task A_run_takes_no_more_than_its_parent_has_and_goes_no_deeper_than_it_may()
    {
        var parent = await api.NewAgent("""{"total_limit":10}""");
        var sibling = await Family.Child(api, parent);
        (await sibling.Charge("1.00")).Status.Should().Be(201);

        var refused = await parent.Post("/v1/agents/runs", """{"name":"r","budget":9.01,"expires_in_seconds":60}""");
        (refused.Status, refused["refused_by"].GetString(), refused.Dollars("amount_remaining")).Should().Be((402, parent.Id, 9m));
        var run = await Family.Run(api, parent, "9", 60, ",\"max_depth\":1");
        var below = await Family.Run(api, run, "1", 60);

        (await below.Post("/v1/agents/runs", """{"name":"r","budget":1,"expires_in_seconds":60}""")).Code.Should().Be("too_deep");
        (await parent.Post("/v1/agents/runs", """{"name":"","budget":-1,"expires_in_seconds":0,"max_depth":16}""")).FaultyFields
            .Should().BeEquivalentTo("name", "budget", "expires_in_seconds", "max_depth");
    }

    [Fact]
    public async Task A_child_closes_at_its_own_deadline()
    {
        var parent = await api.NewAgent();
        var until = api.Clock.GetUtcNow().AddMinutes(5).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'");
        var child = await Family.Child(api, parent, $",\"expires_at\":\"{until}\"");
        (await parent.Post("/v1/agents/create-child", """{"child_name":"c","expires_at":"2020-01-01T00:00:00Z"}""")).FaultyFields.Should().Equal("expires_at");

        api.Clock.Advance(TimeSpan.FromMinutes(5) - TimeSpan.FromTicks(1));
        (await child.Charge("1.00")).Status.Should().Be(201);
        api.Clock.Advance(TimeSpan.FromTicks(1));

        (await child.Charge("1.00")).Status.Should().Be(410);
    }

    [Fact]
    public async Task A_parent_freezes_and_unfreezes_what_is_below_it_but_not_what_the_operator_froze()
    {
        var root = await api.NewAgent();
        var child = await Family.Child(api, root);
        var grandchild = await Family.Child(api, child);
        (await grandchild.Charge("1.00")).Status.Should().Be(201, "it has drawn money");

        (await root.Post($"/v1/agents/{child.Id}/freeze", """{"reason":"secret"}""")).Status.Should().Be(200);
        var refused = await grandchild.Charge("0.01");
        (refused.Status, refused.Code, refused["refused_by"].GetString()).Should().Be((402, "frozen", child.Id));
        refused.Text.Should().NotContain("secret");
        (await child.Post($"/v1/agents/{child.Id}/unfreeze")).Status.Should().Be(403);
        (await root.Post($"/v1/agents/{child.Id}/unfreeze")).Status.Should().Be(200);
        (await grandchild.Charge("0.01")).Status.Should().Be(201);

        await api.Operator.Post($"/v1/agents/{child.Id}/freeze", """{"reason":"night"}""");
        (await root.Post($"/v1/agents/{child.Id}/unfreeze")).Status.Should().Be(403);
        (await grandchild.Charge("0.01")).Status.Should().Be(402);
    }

    [Fact]
    public async Task A_child_at_rest_moves_to_another_parent_with_all_below_it()
    {
        var (from, to) = (await api.NewAgent("""{"total_limit":10}"""), await api.NewAgent("""{"total_limit":2}"""));
        var child = await Family.Child(api, from);
        var grandchild = await Family.Child(api, child);
        (await grandchild.Charge("3.00")).Status.Should().Be(201);
        var open = await grandchild.Reserved("1.00");
        Task<Answer> Move(string parent) => api.Operator.Post($"/v1/agents/children/{child.Id}/move", $$"""{"parent_id":"{{parent}}"}""");

        (await Move(to.Id)).Code.Should().Be("agent_busy");
        (await grandchild.Post($"/v1/reservations/{open}/release")).Status.Should().Be(200);
        (await Move(grandchild.Id)).Code.Should().Be("below_itself");
        (await Move(child.Id)).Code.Should().Be("below_itself");
        (await Move("agent_00000000000000000000")).Status.Should().Be(404);
        var moved = await Move(to.Id);

        (moved.Status, moved["parent_id"].GetString()).Should().Be((200, to.Id), moved.Text);
        (await Family.Window(from, "total")).Remaining.Should().Be(7m, "what it spent stays where it was spent");
        (await from.Get($"/v1/agents/{child.Id}")).Status.Should().Be(404);
        (await to.Get($"/v1/agents/{grandchild.Id}")).Status.Should().Be(200);
        (await grandchild.Charge("1.50")).Status.Should().Be(201);
        (await grandchild.Charge("0.51"))["refused_by"].GetString().Should().Be(to.Id);
        (await from.Get("/v1/agents/children/usage"))["children"].GetArrayLength().Should().Be(0);
        (await to.Get("/v1/agents/children/usage?depth=2"))["children"][0].GetProperty("children")[0].GetProperty("spent").GetDecimal()
            .Should().Be(4.5m, "an agent's own books go with it");
        (await Move(to.Id)).Status.Should().Be(200, "moving it there again is fine");
        (await Move(from.Id)).Status.Should().Be(200, "and back");
        (await grandchild.Charge("7.00")).Status.Should().Be(201);
        (await grandchild.Charge("0.01"))["refused_by"].GetString().Should().Be(from.Id);
    }

    [Fact]
    public async Task A_move_is_honoured_by_a_host_that_did_not_make_it_within_five_seconds()
    {
        var (from, to) = (await api.NewAgent(), await api.NewAgent());
        var child = await Family.Child(api, from);
        (await from.Get($"/v1/agents/{child.Id}")).Status.Should().Be(200, "this host remembers whose it is now");
        var moves = (Orleans.IGrainFactory)api.App.Services.GetService(typeof(Orleans.IGrainFactory))!;
        (await moves.GetGrain<IMovesGrain>(0).Move(new(child.Id), new(from.Id), new(to.Id), "operator")).Result.Should().Be(ConfigureResult.Done);

        api.Clock.Advance(TimeSpan.FromSeconds(5));

        (await from.Get($"/v1/agents/{child.Id}")).Status.Should().Be(404);
        (await to.Get($"/v1/agents/{child.Id}")).Status.Should().Be(200);
    }

    [Fact]
    public async Task A_family_is_sixteen_levels_deep_and_seen_down_to_the_last()
    {
        var root = await api.NewAgent("""{"total_limit":1}""");
        var at = root;
        for (var level = 2; level <= IAllocationTreeGrain.MaxDepth; level++)
        {
            at = await Family.Child(api, at);
        }

        (await at.Post("/v1/agents/create-child", """{"child_name":"c"}""")).Code.Should().Be("too_deep");
        (await at.Charge("0.40")).Status.Should().Be(201);
        (await at.Charge("0.61"))["refused_by"].GetString().Should().Be(root.Id);
        var seen = await root.Get("/v1/agents/children/usage?depth=15");
        var levels = 0;
        for (JsonElement? next = seen.Json; next is { } node && node.TryGetProperty("children", out var children); next = children.EnumerateArray().FirstOrDefault())
        {
            children.GetArrayLength().Should().Be(1);
            levels++;
        }

        levels.Should().Be(15);
        (await root.Get("/v1/agents/children/usage?depth=16")).FaultyFields.Should().Equal("depth");
        (await root.Get($"/v1/agents/{at.Id}/usage")).Dollars("amount_spent").Should().Be(0.40m);
    }

    private static IEnumerable<string> Lines(Answer usage, params string[] members) =>
        usage["children"].EnumerateArray().Select(c => string.Join(' ', members.Select(m => c.GetProperty(m) is { ValueKind: JsonValueKind.String } s ? s.GetString() : c.GetProperty(m).GetRawText())));
}
