using System.Text.Json;

namespace Budgets.Tests.Http;

/// <summary>Usage in place of an amount. gpt-5 costs $1.25 and $10 for a million tokens, cached input $0.125.</summary>
[Collection(Api.Name)]
public sealed class PricingTests(Api api)
{
    private static readonly string Usage = """{"input_tokens":100000,"output_tokens":10000,"cache_read_tokens":40000}""";

    private static string Charge(string model, string usage, string more = "") => $$"""{"model":"{{model}}","usage":{{usage}}{{more}}}""";

    /// <summary>A model of this test's own.</summary>
    private async Task<string> Priced(string price = """{"input_per_million":10,"output_per_million":20}""")
    {
        var id = Base62.Random("m-", 12).ToLowerInvariant();
        (await Set(id, price)).Status.Should().Be(200);
        return id;
    }

    private async Task<Answer> Set(string id, string price)
    {
        var answer = await api.Operator.Send("PUT", $"/v1/models/{Uri.EscapeDataString(id)}", new StringContent(price, System.Text.Encoding.UTF8, "application/json"));
        api.Clock.Advance(TimeSpan.FromSeconds(2));
        return answer;
    }

    [Fact]
    public async Task A_charge_is_priced_from_its_usage_and_its_entry_names_the_price()
    {
        var agent = await api.NewAgent("""{"daily_limit":25.00}""");

        var answer = await agent.Post("/v1/charges", Charge("gpt-5", Usage));

        answer.Status.Should().Be(201, answer.Text);
        answer["charged"].GetRawText().Should().Be("0.18", "60,000 at $1.25, 40,000 at $0.125, 10,000 at $10 for a million");
        var version = answer["price_version"].GetString();
        version.Should().StartWith("gpt-5@");
        var entry = (await agent.Get("/v1/agents/ledger?limit=1"))["data"][0];
        entry.GetProperty("price_version").GetString().Should().Be(version);
        entry.GetProperty("usage").GetProperty("cache_read_tokens").GetInt64().Should().Be(40_000);
        (await agent.Get("/v1/agents/ledger", accept: "text/csv")).Text.Should().Contain($",{version},0.18,");
        (await agent.Get("/v1/models?name=gpt-5"))["data"][0].GetProperty("prices").EnumerateArray().Select(p => p.GetProperty("version").GetString()).Should().Contain(version);
    }

    [Fact]
    public async Task An_amount_that_is_told_is_taken_and_names_no_price()
    {
        var agent = await api.NewAgent();

        var answer = await agent.Post("/v1/charges", Charge("gpt-5", Usage, ""","amount":1"""));

        (answer.Dollars("charged"), answer.Json.TryGetProperty("price_version", out _)).Should().Be((1m, false));
        (await agent.Get("/v1/agents/ledger?limit=1"))["data"][0].TryGetProperty("price_version", out _).Should().BeFalse();
    }

    [Fact]
    public async Task A_reservation_holds_its_estimate_and_a_commit_books_the_usage_at_its_models_price()
    {
        var agent = await api.NewAgent();
        var held = await agent.Post("/v1/reservations", Charge("gpt-5", """{"input_tokens":100000,"output_tokens":100000}"""));
        (held.Status, held.Dollars("amount"), held["price_version"].GetString()![..6]).Should().Be((201, 1.125m, "gpt-5@"));
        var path = $"/v1/reservations/{held["reservation_id"].GetString()}/commit";
        var commit = $$"""{"usage":{{Usage}}}""";

        var settled = await agent.Post(path, commit);

        (settled.Status, settled.Dollars("charged"), settled.Dollars("released")).Should().Be((200, 0.18m, 0.945m));
        settled["price_version"].GetString().Should().Be(held["price_version"].GetString());
        (await agent.Post(path, commit)).Header("Idempotent-Replayed").Should().Be("true");
        (await agent.Post(path, """{"usage":{"input_tokens":1}}""")).Code.Should().Be("reservation_settled");
        (await agent.Get("/v1/agents/ledger?limit=2"))["data"].EnumerateArray().Select(e => e.GetProperty("price_version").GetString()).Should().OnlyContain(v => v == held["price_version"].GetString());
    }

    [Fact]
    public async Task The_same_request_again_is_answered_as_the_first_time_whatever_has_become_of_the_price()
    {
        var agent = await api.NewAgent();
        var model = await Priced();
        var body = Charge(model, """{"input_tokens":1000}""");
        var first = await agent.Post("/v1/charges", body, "k");

        await Set(model, """{"input_per_million":99}""");
        (await agent.Post("/v1/charges", body, "k")).Bytes.Should().Equal(first.Bytes);
        await api.Operator.Delete($"/v1/models/{model}");
        api.Clock.Advance(TimeSpan.FromSeconds(2));

        (await agent.Post("/v1/charges", body, "k")).Bytes.Should().Equal(first.Bytes);
        (await agent.Post("/v1/charges", Charge(model, """{"input_tokens":1001}"""), "k")).Code.Should().Be("idempotency_key_reused");
        (await agent.Post("/v1/charges", body)).Code.Should().Be("unknown_model_price");
    }

    [Fact]
    public async Task Without_a_price_the_answer_names_the_model_and_what_to_do_and_nothing_is_booked()
    {
        var agent = await api.NewAgent();
        var before = await agent.Standing();

        foreach (var path in new[] { "/v1/charges", "/v1/reservations", "/v1/decide" })
        {
            var answer = await agent.Post(path, Charge("gpt-9", Usage));

            (answer.Status, answer.Code, answer.FaultyFields.Single()).Should().Be((422, "unknown_model_price", "model"), path);
            answer["detail"].GetString().Should().Contain("'gpt-9'").And.Contain("Send the amount").And.Contain("PUT /v1/models/").And.Contain("on_unknown_price");
        }

        (await agent.Post("/v1/charges", Charge("whisper-1", Usage)))["detail"].GetString().Should().Contain("audio_hours");
        (await agent.Standing()).Should().Be(before);
    }

    [Theory]
    [InlineData("price", "5")]
    [InlineData("price_version", "\"gpt-5@free\"")]
    [InlineData("price_tag", "{}")]
    public async Task No_request_names_its_own_price(string member, string value)
    {
        var agent = await api.NewAgent();

        (await agent.Post("/v1/charges", Charge("gpt-5", Usage, $",\"{member}\":{value}"))).FaultyFields.Should().Equal(member);
        (await agent.Post("/v1/charges", Charge("gpt-5", """{"input_tokens":1,"tells_something":true}"""))).FaultyFields.Should().Equal("usage.tells_something");
    }

    [Theory]
    [InlineData("""{"input_tokens":1,"cache_read_tokens":2}""", "usage.input_tokens")]
    [InlineData("""{"output_tokens":1,"reasoning_tokens":2}""", "usage.output_tokens")]
    [InlineData("""{"input_tokens":5,"cache_write_tokens":1,"cache_write_1h_tokens":2}""", "usage.cache_write_1h_tokens")]
    [InlineData("""{"input_tokens":-1}""", "usage.input_tokens")]
    [InlineData("""{"output_tokens":1000000001}""", "usage.output_tokens")]
    [InlineData("""{"cache_write_1h_tokens":-1,"input_tokens":1}""", "usage.cache_write_1h_tokens")]
    [InlineData("""{"requests":3}""", "usage")]
    [InlineData("{}", "usage")]
    public async Task Usage_that_cannot_be_so_is_refused_with_its_field(string usage, string field)
    {
        var agent = await api.NewAgent();
        var before = await agent.Standing();

        foreach (var path in new[] { "/v1/charges", "/v1/reservations", "/v1/decide" })
        {
            var answer = await agent.Post(path, Charge("gpt-5", usage));
            (answer.Status, answer.Code, answer.FaultyFields.Single()).Should().Be((400, "invalid_request", field), answer.Text);
        }

        (await agent.Standing()).Should().Be(before);
    }

    [Fact]
    public async Task Explicit_zeros_cost_nothing()
    {
        var agent = await api.NewAgent();

        var answer = await agent.Post("/v1/charges", Charge("gpt-5", """{"input_tokens":0,"output_tokens":0,"requests":1}"""));

        (answer.Status, answer["charged"].GetRawText()).Should().Be((201, "0.00"));
    }

    /// <summary>Anthropic's own numbers and OpenAI's, as their SDKs tell them.</summary>
    [Fact]
    public async Task Each_provider_is_read_as_it_counts_itself()
    {
        var agent = await api.NewAgent();

        (await agent.Post("/v1/charges", Charge("claude-4-5-sonnet", """{"input_tokens":1000,"cache_read_tokens":100000,"cache_write_tokens":10000,"cache_write_1h_tokens":10000,"output_tokens":100}""")))
            .Dollars("charged").Should().Be(0.003m + 0.03m + 0.06m + 0.0015m);
        (await agent.Post("/v1/charges", Charge("gemini/gemini-2.5-flash", """{"input_tokens":1000,"output_tokens":100,"reasoning_tokens":900}"""))).Dollars("charged").Should().Be(0.0003m + 0.0025m);
        (await agent.Post("/v1/charges", Charge("gpt-5", """{"input_tokens":1000,"output_tokens":1000,"reasoning_tokens":900}"""))).Dollars("charged").Should().Be(0.00125m + 0.01m);
        (await agent.Post("/v1/charges", Charge("dall-e-3", """{"images":2}"""))).Dollars("charged").Should().Be(0.08m);
        (await agent.Post("/v1/charges", Charge("gpt-5", """{"input_tokens":1000,"batch":true}"""))).Dollars("charged").Should().Be(0.000625m);
    }

    [Fact]
    public async Task Each_charge_of_a_batch_has_its_price_or_says_why_not()
    {
        var agent = await api.NewAgent();

        var results = (await agent.Post("/v1/charges", $$"""{"charges":[{{Charge("gpt-5", Usage)}},{{Charge("gpt-9", Usage)}},{"amount":1},{{Charge("gpt-5", """{"input_tokens":1,"cache_read_tokens":2}""")}}]}"""))["results"];

        results.EnumerateArray().Select(r => r.GetProperty("status").GetInt32()).Should().Equal(201, 422, 201, 400);
        results[0].GetProperty("price_version").GetString().Should().StartWith("gpt-5@");
        results[1].GetProperty("detail").GetString().Should().Contain("'gpt-9'");
        results[3].GetProperty("detail").GetString().Should().StartWith("usage.input_tokens must not be less");
    }

    [Fact]
    public async Task A_budgets_rate_prices_the_unknown_and_says_so()
    {
        var agent = await api.NewAgent("""{"daily_limit":25.00,"on_unknown_price":{"input_per_million":10,"output_per_million":50}}""");

        var answer = await agent.Post("/v1/charges", Charge("gpt-9", Usage));

        (answer.Status, answer.Dollars("charged"), answer["price_version"].GetString()).Should().Be((201, 1.5m, "on_unknown_price:10.00:50.00"));
        (await agent.Get("/v1/agents/budget"))["from_above"].GetProperty("on_unknown_price").GetProperty("output_per_million").GetDecimal().Should().Be(50);
        (await agent.Post("/v1/agents/budget", """{"on_unknown_price":{"input_per_million":1,"output_per_million":50}}""")).FaultyFields.Should().Equal("on_unknown_price");
        (await (await api.KeyFor(agent, """["spend"]""")).Post("/v1/agents/budget", """{"on_unknown_price":{"input_per_million":99,"output_per_million":99}}""")).Status.Should().Be(403);
        (await api.Operator.Post($"/v1/agents/{agent.Id}/budget", """{"on_unknown_price":null}""")).Status.Should().Be(200);
        (await agent.Post("/v1/charges", Charge("gpt-9", Usage))).Code.Should().Be("unknown_model_price");
    }

    [Theory]
    [InlineData("""{"input_per_million":0,"output_per_million":1}""", "on_unknown_price.input_per_million")]
    [InlineData("""{"input_per_million":1}""", "on_unknown_price.output_per_million")]
    [InlineData("""{"input_per_million":1,"output_per_million":1,"per_imgae":1}""", "on_unknown_price.per_imgae")]
    [InlineData("""{"input_per_million":1,"output_per_million":"1"}""", "on_unknown_price.output_per_million")]
    [InlineData("""{"input_per_million":1,"output_per_million":1000001}""", "on_unknown_price.output_per_million")]
    [InlineData("5", "on_unknown_price")]
    [InlineData("[]", "on_unknown_price")]
    public async Task A_rate_that_is_none_is_refused_with_its_field(string rate, string field)
    {
        var agent = await api.NewAgent();

        var answer = await agent.Post("/v1/agents/budget", $$"""{"on_unknown_price":{{rate}}}""");

        (answer.Status, answer.FaultyFields.Single()).Should().Be((400, field), answer.Text);
        (await api.Operator.Post("/v1/agents", $$$"""{"name":"n","budget":{"on_unknown_price":{{{rate}}}}}""")).FaultyFields.Should().Equal("budget." + field);
    }

    [Fact]
    public async Task A_refusal_and_a_decision_tell_what_the_rest_would_pay_for()
    {
        var agent = await api.NewAgent("""{"daily_limit":0.10}""");
        var small = await api.NewAgent("""{"daily_limit":0.10}""");
        var asked = Charge("gpt-5", """{"input_tokens":8000,"output_tokens":10000}""");

        var refused = await agent.Post("/v1/charges", asked);
        var decided = await small.Post("/v1/decide", asked);
        var allowed = await small.Post("/v1/decide", Charge("gpt-5", """{"input_tokens":8000,"output_tokens":1000}"""));

        (refused.Status, refused.Dollars("requested")).Should().Be((402, 0.11m));
        refused["affordable"][0].GetRawText().Should().Be("""{"model":"gpt-5","max_output_tokens":9000,"max_calls":0}""");
        refused["affordable"].GetArrayLength().Should().BeInRange(2, 4);
        (await agent.Post("/v1/charges", Charge("gpt-5", """{"input_tokens":8000,"output_tokens":9000}"""))).Status.Should().Be(201, "as much as it said");
        (decided["decision"].GetString(), decided.Dollars("amount"), decided.Dollars("largest_amount")).Should().Be(("deny", 0.11m, 0.10m));
        decided["affordable"].GetRawText().Should().Be(refused["affordable"].GetRawText());
        (allowed["decision"].GetString(), allowed["affordable"].GetRawText()).Should().Be(("allow", """[{"model":"gpt-5","max_output_tokens":9000,"max_calls":5}]"""));
        (await small.Post("/v1/decide", """{"amount":1}"""))["affordable"].GetArrayLength().Should().Be(0);
        (await small.Charge("1")).Json.TryGetProperty("affordable", out _).Should().BeFalse("an amount says nothing about models");
    }

    [Fact]
    public async Task One_model_is_found_by_every_name_of_it_and_told_in_the_dialect_of_whoever_asks()
    {
        var agent = await api.NewAgent();

        foreach (var name in (string[])["gpt-5", "openai%2Fgpt-5-2025-08-07", "GPT-5"])
        {
            var model = await agent.Get("/v1/models/" + name);
            model.Status.Should().Be(200, model.Text);
            (model["id"].GetString(), model["object"].GetString(), model["type"].GetString(), model["owned_by"].GetString()).Should().Be(("gpt-5", "model", "model", "openai"));
        }

        var unknown = await agent.Get("/v1/models/never-heard-of");
        (unknown.Status, unknown["error"].GetProperty("code").GetString()).Should().Be((404, "not_found"));
        var asAnthropic = await agent.Send("GET", "/v1/models/never-heard-of", null, r => r.Headers.Add("anthropic-version", "2023-06-01"));
        (asAnthropic.Status, asAnthropic["type"].GetString(), asAnthropic["error"].GetProperty("type").GetString()).Should().Be((404, "error", "not_found_error"));
        (await agent.Get("/v1/models/gpt-5?verbose=true")).Status.Should().Be(400);
        (await agent.Get("/v1/models/" + new string('m', 300))).Status.Should().Be(404);
        (await api.Nobody.Get("/v1/models/gpt-5")).Status.Should().Be(401);
    }

    [Fact]
    public async Task The_catalogue_goes_by_pages_and_tells_source_dates_and_version()
    {
        var agent = await api.NewAgent();
        var ids = new List<string?>();
        for (var path = "/v1/models?limit=100"; ;)
        {
            var page = await agent.Get(path);
            ids.AddRange(page["data"].EnumerateArray().Select(m => m.GetProperty("id").GetString()));
            if (!page["has_more"].GetBoolean())
            {
                page["next_cursor"].ValueKind.Should().Be(JsonValueKind.Null);
                break;
            }

            path = $"/v1/models?limit=100&cursor={page["next_cursor"].GetString()}";
        }

        ids.Should().OnlyHaveUniqueItems().And.BeInAscendingOrder(StringComparer.Ordinal).And.Contain(["gpt-5", "claude-sonnet-4-5", "dall-e-3", "grok-4.6", "vertex_ai/claude-opus-5-5"]);
        var luna = (await api.Operator.Get("/v1/models?query=GPT-5.6-LUNA&provider=openai"))["data"][0];
        luna.GetProperty("prices").EnumerateArray().Select(p => (p.GetProperty("effective_from").GetString(), p.GetProperty("effective_until").GetString(), p.GetProperty("in_force").GetBoolean()))
            .Should().Equal((null, "2026-07-30T00:00:00Z", true), ("2026-07-30T00:00:00Z", null, false));
        luna.GetProperty("prices")[0].GetProperty("source").GetString().Should().StartWith("@pydantic/genai-prices ");
        (await agent.Get("/v1/models?name=openai/gpt-5-2025-08-07"))["data"][0].GetProperty("id").GetString().Should().Be("gpt-5");
        (await agent.Get("/v1/models?limit=101")).FaultyFields.Should().Equal("limit");
        (await agent.Get("/v1/models?cursor=LTE")).Status.Should().Be(200, "a place between two ids is a place");
        (await agent.Get("/v1/models?cursor=IA")).FaultyFields.Should().Equal("cursor");
    }

    [Fact]
    public async Task The_catalogue_goes_by_ids_in_both_directions_as_Anthropics_does()
    {
        var agent = await api.NewAgent();
        var first = await agent.Get("/v1/models?limit=3");
        var ids = first["data"].EnumerateArray().Select(m => m.GetProperty("id").GetString()!).ToList();
        (first["first_id"].GetString(), first["last_id"].GetString(), first["has_more"].GetBoolean()).Should().Be((ids[0], ids[2], true));

        var back = await agent.Get($"/v1/models?limit=1&before_id={Uri.EscapeDataString(ids[2])}");
        (back["data"][0].GetProperty("id").GetString(), back["has_more"].GetBoolean(), back["next_cursor"].ValueKind).Should().Be((ids[1], true, JsonValueKind.Null));
        back = await agent.Get($"/v1/models?limit=1&before_id={Uri.EscapeDataString(ids[1])}");
        (back["last_id"].GetString(), back["has_more"].GetBoolean()).Should().Be((ids[0], false), "it is the first of all");
        (await agent.Get($"/v1/models?limit=1&after_id={Uri.EscapeDataString(ids[0])}"))["first_id"].GetString().Should().Be(ids[1]);

        (await agent.Get("/v1/models?after_id=zzzzzzzz"))["last_id"].ValueKind.Should().Be(JsonValueKind.Null, "nothing comes after that");
        (await agent.Get("/v1/models?lifecycle[]=retired"))["data"].GetArrayLength().Should().Be(0);
        (await agent.Get("/v1/models?lifecycle[]=gone")).FaultyFields.Should().Equal("lifecycle[]");
        (await agent.Get("/v1/models?after_id=a&before_id=b")).FaultyFields.Should().Equal("before_id");
        (await agent.Get("/v1/models?after_id=A%20b")).FaultyFields.Should().Equal("after_id");
    }

    [Fact]
    public async Task An_operators_price_is_in_force_at_once_has_a_version_and_goes_when_it_is_withdrawn()
    {
        var agent = await api.NewAgent();
        var id = $"acme/{Base62.Random("llama-", 8).ToLowerInvariant()}";
        var body = Charge(id, """{"input_tokens":1000,"output_tokens":1000}""");
        (await agent.Post("/v1/charges", body)).Code.Should().Be("unknown_model_price");

        var set = await Set(id, """{"input_per_million":10,"output_per_million":20,"tiers":[{"above_input_tokens":1000,"input_per_million":11,"output_per_million":21}],"max_output_tokens":4096}""");

        (set.Status, set["id"].GetString(), set["max_output_tokens"].GetInt32()).Should().Be((200, id, 4096));
        var version = set["prices"][0].GetProperty("version").GetString();
        version.Should().StartWith($"{id}@operator-");
        var charged = await agent.Post("/v1/charges", body);
        (charged.Dollars("charged"), charged["price_version"].GetString()).Should().Be((0.03m, version));
        (await agent.Post("/v1/charges", Charge(id, """{"input_tokens":1001,"output_tokens":0}"""))).Dollars("charged").Should().Be(0.011011m);
        (await Set(id, """{"input_per_million":11,"output_per_million":20}"""))["prices"].GetArrayLength().Should().Be(2);
        (await api.Operator.Delete($"/v1/models/{Uri.EscapeDataString(id)}")).Status.Should().Be(200);
        api.Clock.Advance(TimeSpan.FromSeconds(2));
        (await agent.Post("/v1/charges", body)).Code.Should().Be("unknown_model_price");
        (await api.Operator.Delete("/v1/models/never-set")).Status.Should().Be(404);
    }

    [Theory]
    [InlineData("{}", "input_per_million")]
    [InlineData("""{"input_per_million":-1}""", "input_per_million")]
    [InlineData("""{"output_per_million":1000001}""", "output_per_million")]
    [InlineData("""{"input_per_million":1,"cache_write_1h_per_million":-1}""", "cache_write_1h_per_million")]
    [InlineData("""{"input_per_million":0.0000000001}""", "input_per_million")]
    [InlineData("""{"input_per_milion":1}""", "input_per_milion|input_per_million")]
    [InlineData("""{"input_per_million":1,"batch_discount":1.1}""", "batch_discount")]
    [InlineData("""{"input_per_million":1,"batch_discount":0.00001}""", "batch_discount")]
    [InlineData("""{"input_per_million":1,"batch_discount":"half"}""", "batch_discount")]
    [InlineData("""{"input_per_million":1,"effective_from":"2026-01-02T00:00:00Z","effective_until":"2026-01-02T00:00:00Z"}""", "effective_until")]
    [InlineData("""{"input_per_million":1,"tiers":[{"input_per_million":1}]}""", "tiers[0].above_input_tokens")]
    [InlineData("""{"input_per_million":1,"tiers":[null]}""", "tiers[0]")]
    [InlineData("""{"input_per_million":1,"tiers":[{"above_input_tokens":9,"output_per_million":1}]}""", "tiers[0].input_per_million")]
    [InlineData("""{"input_per_million":1,"tiers":[{"above_input_tokens":9,"input_per_million":1},{"above_input_tokens":9,"input_per_million":1}]}""", "tiers[1].above_input_tokens")]
    [InlineData("""{"input_per_million":1,"max_output_tokens":0,"context_window":0}""", "context_window|max_output_tokens")]
    public async Task A_price_that_is_none_is_refused_with_its_field(string price, string fields)
    {
        var answer = await Set("refused-model", price);

        answer.Status.Should().Be(400);
        answer.FaultyFields.Should().BeEquivalentTo(fields.Split('|'));
        (await api.Operator.Get("/v1/models?name=refused-model"))["data"].GetArrayLength().Should().Be(0);
    }

    [Theory]
    [InlineData("a b")]
    [InlineData("a%b")]
    [InlineData("é")]
    public async Task An_id_that_is_none_is_refused(string id) => (await Set(id, """{"input_per_million":1}""")).FaultyFields.Should().Equal("model_id");

    [Fact]
    public async Task Only_the_operator_sets_prices_and_everybody_with_a_key_reads_them()
    {
        var agent = await api.NewAgent();
        var spender = await api.KeyFor(agent, """["spend"]""");

        (await agent.Send("PUT", "/v1/models/gpt-5", new StringContent("""{"input_per_million":0}""", System.Text.Encoding.UTF8, "application/json"))).Status.Should().Be(403);
        (await agent.Delete("/v1/models/gpt-5")).Status.Should().Be(403);
        (await spender.Get("/v1/models?limit=1")).Status.Should().Be(200);
        (await api.Operator.Get("/v1/models?limit=1")).Status.Should().Be(200);
        (await api.Nobody.Get("/v1/models")).Status.Should().Be(401);
    }
}
