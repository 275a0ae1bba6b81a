using System.Text;
using System.Text.Json;

namespace Budgets.Tests.Http;

/// <summary>Agents ask, people decide, over REST.</summary>
[Collection(Api.Name)]
public sealed class ApprovalTests(Api api)
{
    private const string Gated = """{"daily_limit":500.00,"approval_threshold":10.00}""";

    [Fact]
    public async Task What_needs_an_approval_is_refused_with_the_request_for_it_and_passes_once_it_is_approved()
    {
        var agent = await api.NewAgent(Gated);
        const string spend = """{"amount":50,"operation":"generate_100_videos"}""";
        var refused = await agent.Post("/v1/reservations", spend);
        (refused.Status, refused.Code, refused.Dollars("approval_threshold")).Should().Be((402, "approval_required", 10m));

        var asked = await agent.Post("/v1/agents/approvals/request", refused["approval_request"].GetRawText());
        (asked.Status, asked["status"].GetString()).Should().Be((201, "pending"), asked.Text);
        var id = asked["approval_id"].GetString()!;
        (await agent.Post("/v1/reservations", Using(id))).Code.Should().Be("approval_pending");
        var approved = await api.Operator.Post($"/v1/approvals/{id}/approve", """{"note":"go"}""");
        (approved.Status, approved["status"].GetString(), approved["decided_by"].GetString(), approved["note"].GetString()).Should().Be((200, "approved", "operator", "go"));

        var held = await agent.Post("/v1/reservations", Using(id));

        held.Status.Should().Be(201, held.Text);
        var used = await agent.Get($"/v1/agents/approvals/{id}");
        (used["status"].GetString(), used["used_by"].GetString()).Should().Be(("used", held["reservation_id"].GetString()));
        (await agent.Post("/v1/reservations", Using(id))).Code.Should().Be("approval_used");
        (await agent.Post("/v1/charges", Using(id))).Code.Should().Be("approval_used");
        var ledger = await agent.Get("/v1/agents/ledger?kind=approval");
        ledger["data"].EnumerateArray().Select(l => l.GetProperty("approval_id").GetString()).Should().Equal(id, id);
        (await agent.Get("/v1/agents/ledger?kind=hold"))["data"][0].GetProperty("approval_id").GetString().Should().Be(id);
    }

    [Fact]
    public async Task A_thousand_concurrent_uses_of_one_approval_make_one_spend()
    {
        var agent = await api.NewAgent(Gated);
        var id = await Approved(agent);

        var answers = await Task.WhenAll(Enumerable.Range(0, 1_000).Select(i => i % 3 == 0
            ? agent.Post("/v1/reservations", Using(id))
            : i % 3 == 1 ? agent.Post("/v1/charges", Using(id)) : agent.Post("/v1/charges", $$"""{"charges":[{{Using(id)}}]}""")));

        static IEnumerable<(int Status, string? Code)> Ends(Answer a) => a.Json.TryGetProperty("results", out var results)
            ? results.EnumerateArray().Select(r => (r.GetProperty("status").GetInt32(), r.TryGetProperty("code", out var code) ? code.GetString() : null))
            : [(a.Status, a.Status == 201 ? null : a.Code)];
        var ends = answers.SelectMany(Ends).ToList();
        ends.Count(e => e.Status == 201).Should().Be(1);
        ends.Where(e => e.Status != 201).Should().OnlyContain(e => e.Status == 409 && e.Code == "approval_used");
        var window = await Family.Window(agent, "daily");
        (window.Spent + window.Held).Should().Be(50m);
    }

    [Fact]
    public async Task Of_yes_and_no_at_the_same_time_one_wins_and_both_learn_which()
    {
        var agent = await api.NewAgent(Gated);
        for (var round = 0; round < 20; round++)
        {
            // Its own person each hour: an agent may not ask without end.
            api.Clock.Advance(TimeSpan.FromMinutes(10));
            var id = await Asked(agent, $"op {round}");

            var answers = await Task.WhenAll(
                api.Operator.Post($"/v1/approvals/{id}/approve"), api.Operator.Post($"/v1/approvals/{id}/deny", """{"denial_reason":"no"}"""));

            answers.Select(a => a.Status).Should().BeEquivalentTo([200, 409]);
            var status = (await agent.Get($"/v1/agents/approvals/{id}"))["status"].GetString();
            answers.Single(a => a.Status == 200)["status"].GetString().Should().Be(status);
            var late = answers.Single(a => a.Status == 409);
            (late.Code, late["approval"].GetProperty("status").GetString()).Should().Be(("approval_decided", status));
        }
    }

    [Fact]
    public async Task A_decision_at_the_very_end_finds_it_open_or_expired_and_everybody_sees_the_same()
    {
        var agent = await api.NewAgent(Gated);
        var (early, late) = (await Asked(agent, "early", ""","expires_in_seconds":60"""), await Asked(agent, "late", ""","expires_in_seconds":60"""));
        api.Clock.Advance(TimeSpan.FromSeconds(59));
        (await api.Operator.Post($"/v1/approvals/{early}/approve")).Status.Should().Be(200);
        api.Clock.Advance(TimeSpan.FromSeconds(1));

        var refused = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => i % 2 == 0
            ? api.Operator.Post($"/v1/approvals/{late}/approve") : api.Operator.Post($"/v1/approvals/{late}/deny", """{"denial_reason":"no"}""")));

        refused.Should().OnlyContain(a => a.Status == 409 && a["approval"].GetProperty("status").GetString() == "expired");
        (await agent.Get($"/v1/agents/approvals/{late}"))["status"].GetString().Should().Be("expired");
        (await agent.Get($"/v1/agents/approvals/{early}"))["status"].GetString().Should().Be("approved");
    }

    [Fact]
    public async Task No_agent_decides_its_own_request_or_that_of_a_sibling_or_one_above_it()
    {
        var root = await api.NewAgent();
        var parent = await Family.Child(api, root);
        var child = await Family.Child(api, parent);
        var id = await Asked(child, "op");
        (Party Party, int Status)[] others =
        [
            (child, 403), (await api.KeyFor(child, """["manage"]"""), 403), (await api.KeyFor(child, """["spend"]"""), 403),
            (await Family.Child(api, parent), 404), (await Family.Child(api, child), 404), (await api.NewAgent(), 404),
            (await api.KeyFor(parent, """["spend"]"""), 404), (await api.KeyFor(root, """["spend"]"""), 404), (api.Nobody, 401), (api.With("abk_forged"), 401),
        ];
        foreach (var (party, status) in others)
        {
            foreach (var (verb, body) in ((string, string)[])[("approve", "{}"), ("deny", """{"denial_reason":"no"}"""), ("cancel", "{}")])
            {
                if (verb == "cancel" && status == 403)
                {
                    continue;
                }

                var answer = await party.Send("POST", $"/v1/approvals/{id}/{verb}", new StringContent(body, Encoding.UTF8, "application/json"),
                    r => { r.Headers.TryAddWithoutValidation("X-Agent-Id", root.Id); r.Headers.TryAddWithoutValidation("X-Forwarded-User", "operator"); });
                answer.Status.Should().Be(status, $"{verb}: {answer.Text}");
            }
        }

        (await child.Get($"/v1/agents/approvals/{id}"))["status"].GetString().Should().Be("pending");
        foreach (var decider in (Party[])[parent, root, api.Operator])
        {
            var asked = await Asked(child, $"op {decider.Key?[^6..]}");
            (await decider.Post($"/v1/approvals/{asked}/approve")).Status.Should().Be(200);
        }

        (await child.Post($"/v1/approvals/{id}/cancel")).Status.Should().Be(200, "who asked may take it back");
    }

    [Fact]
    public async Task The_inbox_shows_each_decider_what_is_below_it_the_most_urgent_first()
    {
        var root = await api.NewAgent();
        var child = await Family.Child(api, root);
        var other = await api.NewAgent();
        var ids = new List<string>();
        foreach (var urgency in (string[])["low", "critical", "medium", "high"])
        {
            ids.Add(await Asked(child, urgency, $$""","urgency":"{{urgency}}" """));
        }

        await Asked(root, "its own");
        await Asked(other, "a stranger's");

        async Task<List<string?>> Seen(Party party) => [.. (await party.Get("/v1/approvals?status=pending&limit=100"))["data"].EnumerateArray().Select(a => a.GetProperty("approval_id").GetString())];

        (await Seen(root)).Should().Equal(ids[1], ids[3], ids[2], ids[0]);
        (await Seen(child)).Should().BeEmpty();
        (await Seen(other)).Should().BeEmpty();
        (await Seen(api.Operator)).Should().Contain(ids);
        (await (await api.KeyFor(root, """["spend"]""")).Get("/v1/approvals")).Status.Should().Be(403);
        await root.Post($"/v1/approvals/{ids[1]}/approve");
        (await Seen(root)).Should().Equal(ids[3], ids[2], ids[0]);
    }

    [Fact]
    public async Task An_approval_passes_the_childs_own_limit_and_never_its_parents()
    {
        var root = await api.NewAgent("""{"daily_limit":100.00}""");
        var child = await Family.Child(api, root, ""","daily_budget":20.00""");
        var (fits, tooMuch) = (await Approved(child, """{"may_pass_limit":true}""", "a", 60), await Approved(child, """{"may_pass_limit":true}""", "b", 60));

        (await child.Post("/v1/reservations", Using(fits, "a", 60))).Status.Should().Be(201);
        var refused = await child.Post("/v1/reservations", Using(tooMuch, "b", 60));

        (refused.Status, refused.Code, refused["refused_by"].GetString()).Should().Be((402, "budget_exceeded", root.Id));
        (await child.Get($"/v1/agents/approvals/{tooMuch}"))["status"].GetString().Should().Be("approved");
    }

    [Fact]
    public async Task A_threshold_is_not_got_round_through_a_child()
    {
        var root = await api.NewAgent("""{"daily_limit":500.00,"approval_threshold":10.00}""");
        var child = await Family.Child(api, root);
        var run = await Family.Run(api, root, "100.00", 600);

        (await child.Charge("50")).Code.Should().Be("approval_required");
        (await run.Charge("50")).Code.Should().Be("approval_required");
        (await root.Post($"/v1/agents/{child.Id}/budget", """{"approval_threshold":null}""")).Status.Should().Be(403);
        (await root.Post($"/v1/agents/{child.Id}/budget", """{"approval_threshold":11}""")).Status.Should().Be(403);
        var id = await Asked(child, "op");
        (await root.Post($"/v1/approvals/{id}/approve")).Status.Should().Be(403, "it would have to ask for so much itself");
        (await root.Post($"/v1/approvals/{id}/approve", """{"amount":10}""")).Status.Should().Be(200);
    }

    [Fact]
    public async Task Waiters_of_one_request_are_answered_when_it_is_decided()
    {
        var agent = await api.NewAgent(Gated);
        var id = await Asked(agent);
        var waiting = Enumerable.Range(0, 50).Select(_ => agent.Get($"/v1/agents/approvals/{id}?wait=60")).ToList();
        (await agent.Get($"/v1/agents/approvals/{id}?wait=1"))["status"].GetString().Should().Be("pending");
        waiting.Should().OnlyContain(w => !w.IsCompleted);

        await api.Operator.Post($"/v1/approvals/{id}/deny", """{"denial_reason":"too dear"}""");

        var answers = await Task.WhenAll(waiting).WaitAsync(TimeSpan.FromSeconds(5));
        answers.Should().OnlyContain(a => a.Status == 200 && a["status"].GetString() == "denied" && a["denial_reason"].GetString() == "too dear");
    }

    [Fact]
    public async Task A_raise_holds_until_its_end()
    {
        var agent = await api.NewAgent("""{"daily_limit":25.00}""");
        await agent.Post("/v1/agents/budget", """{"daily_limit":20.00}""");
        var asked = await agent.Post("/v1/agents/approvals/request", """{"operation":"backlog","estimated_cost":15,"justification":"a backlog","kind":"limit_increase","limit":"daily"}""");
        var id = asked["approval_id"].GetString();
        (await agent.Charge("30")).Status.Should().Be(402);
        var raised = await api.Operator.Post($"/v1/approvals/{id}/approve", """{"valid_for_seconds":3600}""");

        (raised.Status, (await agent.Charge("30")).Status).Should().Be((200, 201));

        (await Family.Window(agent, "daily")).Remaining.Should().Be(5m);
        api.Clock.Advance(TimeSpan.FromHours(1));
        (await agent.Charge("1")).Status.Should().Be(402);
        (await agent.Get("/v1/agents/budget"))["own"].GetProperty("daily_limit").GetDecimal().Should().Be(20m);
    }

    [Fact]
    public async Task An_agent_in_a_loop_asks_one_thing_once()
    {
        var agent = await api.NewAgent();
        var first = await Asked(agent);

        var answers = await Task.WhenAll(Enumerable.Range(0, 40).Select(_ => agent.Post("/v1/agents/approvals/request", Request("generate_100_videos"))));

        answers.Should().OnlyContain(a => a.Status == 200 && a["approval_id"].GetString() == first);
        answers.Max(a => a["times_asked"].GetInt32()).Should().Be(41);
        for (var i = 1; i < 10; i++)
        {
            await Asked(agent, $"op {i}");
        }

        var refused = await agent.Post("/v1/agents/approvals/request", Request("one more"));
        (refused.Status, refused.Code, refused.Header("Retry-After")).Should().Be((429, "asked_too_often", "3600"));
    }

    [Fact]
    public async Task Asking_first_is_answered_that_an_approval_is_needed()
    {
        var agent = await api.NewAgent(Gated);
        var id = await Approved(agent);

        (await agent.Post("/v1/decide", """{"amount":50}"""))["decision"].GetString().Should().Be("approval_required");
        (await agent.Post("/v1/decide", Using(id)))["decision"].GetString().Should().Be("allow");
        (await agent.Get($"/v1/agents/approvals/{id}"))["status"].GetString().Should().Be("approved");
    }

    [Theory]
    [InlineData("""{"operation":"o","estimated_cost":1}""", "justification")]
    [InlineData("""{"operation":"","estimated_cost":1,"justification":"j"}""", "operation")]
    [InlineData("""{"operation":"o","estimated_cost":-1,"justification":"j"}""", "estimated_cost")]
    [InlineData("""{"operation":"o","estimated_cost":1,"justification":"j","urgency":"now"}""", "urgency")]
    [InlineData("""{"operation":"o","estimated_cost":1,"justification":"j","kind":"limit_increase"}""", "limit")]
    [InlineData("""{"operation":"o","estimated_cost":1,"justification":"j","limit":"daily"}""", "limit")]
    [InlineData("""{"operation":"o","estimated_cost":1,"justification":"j","expires_in_seconds":0}""", "expires_in_seconds")]
    public async Task A_malformed_request_is_refused_with_its_field(string body, string field)
    {
        var agent = await api.NewAgent();

        var answer = await agent.Post("/v1/agents/approvals/request", body);

        (answer.Status, answer.FaultyFields.Single()).Should().Be((400, field));
        (await agent.Post("/v1/charges", """{"amount":1,"approval_id":"apr_x"}""")).FaultyFields.Single().Should().Be("approval_id");
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("YXByXzAwMDAwMDAwMDAwMDAwMDAwMDAwXzEKNDAwMDAwMDAwMAphQGIuYw.AAAA")]
    public async Task A_forged_link_shows_and_decides_nothing(string token)
    {
        var page = await api.Nobody.Get($"/approve/{token}");
        var posted = await api.Nobody.Send("POST", $"/approve/{token}", new FormUrlEncodedContent([new("decision", "approve")]));

        (page.Status, posted.Status, page.Header("Cache-Control"), page.Header("Referrer-Policy")).Should().Be((404, 404, "no-store", "no-referrer"));
        page.Text.Should().Contain("not valid");
    }

    internal static string Request(string operation, decimal cost = 50, string rest = "") =>
        JsonSerializer.Serialize(new { operation, estimated_cost = cost, justification = "Monthly content batch" })[..^1] + rest + "}";

    private static async Task<string> Asked(Agent agent, string operation = "generate_100_videos", string rest = "", decimal cost = 50)
    {
        var asked = await agent.Post("/v1/agents/approvals/request", Request(operation, cost, rest));
        (asked.Status, asked["status"].GetString()).Should().Be((201, "pending"), asked.Text);
        return asked["approval_id"].GetString()!;
    }

    private async Task<string> Approved(Agent agent, string approve = "{}", string operation = "generate_100_videos", decimal cost = 50)
    {
        var id = await Asked(agent, operation, cost: cost);
        var approved = await api.Operator.Post($"/v1/approvals/{id}/approve", approve);
        approved.Status.Should().Be(200, approved.Text);
        return id;
    }

    private static string Using(string id, string operation = "generate_100_videos", decimal amount = 50) =>
        JsonSerializer.Serialize(new { amount, operation, approval_id = id });
}
