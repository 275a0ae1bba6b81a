using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Budgets.Tests.Http;

/// <summary>A bill comes the day after: on a host of its own, whose clock may go on.</summary>
public sealed class ReconcileTests : IAsyncLifetime, IDisposable
{
    private const string March4 = """{"rows":[{"model":"gpt-5","date":"2026-03-04","cost":12.5,"input_tokens":500,"output_tokens":70}]}""";

    private readonly Api _api = new();

    public Task InitializeAsync() => _api.InitializeAsync();

    public Task DisposeAsync() => _api.DisposeAsync();

    public void Dispose() => _api.Dispose();

    [Fact]
    public async Task The_drift_is_told_and_booked_when_asked_once()
    {
        var agent = await Spender();

        var compared = await agent.Post("/v1/agents/reconcile", March4);
        var before = await agent.Standing();
        (await agent.Post("/v1/agents/reconcile?book=true", March4)).FaultyFields.Should().Equal("Idempotency-Key");
        (await agent.Post("/v1/agents/reconcile", March4, "k")).FaultyFields.Should().Equal("Idempotency-Key");
        (await agent.Standing()).Should().Be(before);
        var booked = await agent.Post("/v1/agents/reconcile?book=true", March4, "k");
        var again = await agent.Post("/v1/agents/reconcile?book=true", March4, "k");

        compared["drift"].GetRawText().Should().Be(
            """[{"model":"gpt-5","date":"2026-03-04","booked":10.00,"billed":12.50,"difference":2.50,"booked_input_tokens":300,"billed_input_tokens":500,"booked_output_tokens":50,"billed_output_tokens":70}]""");
        booked.Status.Should().Be(200, booked.Text);
        again.Text.Should().Be(booked.Text);
        again.Header("Idempotent-Replayed").Should().Be("true");
        (await agent.Post("/v1/agents/reconcile?book=true", March4.Replace("12.5", "13", StringComparison.Ordinal), "k")).Code.Should().Be("idempotency_key_reused");
        (await agent.Post("/v1/agents/reconcile", March4)).Dollars("difference").Should().Be(0m);
    }

    [Fact]
    public async Task A_correction_is_in_the_ledger_the_days_the_windows_and_the_export()
    {
        var agent = await Spender();

        var booked = await agent.Post("/v1/agents/reconcile?book=true", March4, "k");

        var line = (await agent.Get("/v1/agents/ledger?kind=correction"))["data"][0];
        (line.GetProperty("entry_id").GetString(), line.GetProperty("amount").GetDecimal(), line.GetProperty("model").GetString()).Should().Be((booked["entry_id"].GetString(), 2.5m, "gpt-5"));
        var day = (await agent.Get("/v1/agents/analytics?start_date=2026-03-04&end_date=2026-03-04"))["usage_by_day"][0];
        (day.GetProperty("cost").GetDecimal(), day.GetProperty("calls").GetInt32(), day.GetProperty("input_tokens").GetInt32()).Should().Be((12.5m, 1, 500));
        (await agent.Get("/v1/agents/usage?period=this_month"))["amount_spent"].GetDecimal().Should().Be(12.5m);
        line.GetProperty("balances").EnumerateArray().Select(b => (b.GetProperty("limit_type").GetString(), b.GetProperty("spent").GetDecimal()))
            .Should().Equal(("daily", 0m), ("weekly", 12.5m), ("monthly", 12.5m), ("total", 12.5m));
        (await agent.Get("/v1/agents/ledger?format=focus")).Text.Should().Contain("Adjustment");
    }

    [Fact]
    public async Task Csv_is_read_as_strictly_as_json()
    {
        var agent = await Spender();
        async Task<Answer> Send(string csv, string query = "") =>
            await agent.Send("POST", "/v1/agents/reconcile" + query, new StringContent(csv, Encoding.UTF8, "text/csv"));

        var good = await Send("date,model,cost,output_tokens\r\n2026-03-04,\"gpt-5\",12.5,\r\n", "?provider=openai");
        good.Status.Should().Be(200, good.Text);
        good.Dollars("difference").Should().Be(2.5m);
        (await Send("model,date,cost\ngpt-5,4.3.2026,1e3\n,2026-03-04,-1\na,2026-03-04")).FaultyFields
            .Should().BeEquivalentTo("rows[0].date", "rows[0].cost", "rows[2]");
        (await Send("model,cost,colour\na,1,red")).FaultyFields.Should().Equal("columns");
        (await Send("model,date,cost\n\"a,2026-03-04,1")).Status.Should().Be(400);
        (await Send("model,date,cost\n")).FaultyFields.Should().Equal("rows");
        (await Send(new string('a', 1_100_000))).Code.Should().Be("body_too_large");
    }

    [Fact]
    public async Task Every_fault_of_every_row_is_told()
    {
        var agent = await _api.NewAgent();

        (await agent.Post("/v1/agents/reconcile", """{"rows":[{"model":"","cost":-1},{"model":"a","date":"2026-03-32","cost":1},null,{"model":"a","date":"2026-03-04","cost":1,"tokens":5}]}"""))
            .FaultyFields.Should().BeEquivalentTo("rows[0].model", "rows[0].date", "rows[0].cost", "rows[1].date", "rows[2]", "rows[3].tokens");
        (await agent.Post("/v1/agents/reconcile", """{"rows":[]}""")).FaultyFields.Should().Equal("rows");
        (await agent.Post("/v1/agents/reconcile?book=true", """{"rows":[{"model":"a","date":"2026-03-04","cost":1}]}""", "k")).FaultyFields.Should().Equal("rows");
    }

    /// <summary>What was paid beyond is told above like any money that is spent already; what came back would not find its way.</summary>
    [Fact]
    public async Task Below_another_agent_more_is_booked_and_less_is_not()
    {
        var parent = await _api.NewAgent("""{"monthly_limit":100}""");
        var child = await Family.Child(_api, parent);
        (await child.Post("/v1/charges", """{"amount":10,"model":"gpt-5"}""")).Status.Should().Be(201);
        _api.Clock.Advance(TimeSpan.FromDays(1));

        var down = await parent.Post($"/v1/agents/{child.Id}/reconcile?book=true", March4.Replace("12.5", "7", StringComparison.Ordinal), "down");
        var up = await parent.Post($"/v1/agents/{child.Id}/reconcile?book=true", March4, "up");

        down.FaultyFields.Should().Equal("book");
        up.Dollars("difference").Should().Be(2.5m);
        (await child.Get("/v1/agents/usage?period=this_month")).Dollars("amount_spent").Should().Be(12.5m);
        (await parent.Get("/v1/agents/usage?period=this_month&include_children=true")).Dollars("amount_spent").Should().Be(12.5m);
    }

    /// <summary>$10 on 4 March; it is the day after.</summary>
    private async Task<Agent> Spender()
    {
        var agent = await _api.NewAgent();
        (await agent.Post("/v1/charges", """{"amount":10,"model":"gpt-5","operation":"write","usage":{"input_tokens":300,"output_tokens":50}}""")).Status.Should().Be(201);
        _api.Clock.Advance(TimeSpan.FromDays(1));
        return agent;
    }
}

/// <summary>FOCUS 1.2 (focus.finops.org/focus-specification/v1-2): which columns a dataset has to have, and which of them may be empty.</summary>
[Collection(Api.Name)]
public sealed class FocusTests(Api api)
{
    // Feature level "Mandatory" of version 1.2, with "Allows nulls".
    private static readonly Dictionary<string, bool> Mandatory = new()
    {
        ["BilledCost"] = false, ["BillingAccountId"] = false, ["BillingAccountName"] = true, ["BillingCurrency"] = false, ["BillingPeriodEnd"] = false, ["BillingPeriodStart"] = false,
        ["ChargeCategory"] = false, ["ChargeClass"] = true, ["ChargeDescription"] = true, ["ChargePeriodEnd"] = false, ["ChargePeriodStart"] = false, ["ContractedCost"] = false,
        ["EffectiveCost"] = false, ["InvoiceIssuerName"] = false, ["ListCost"] = false, ["PricingQuantity"] = true, ["PricingUnit"] = true, ["ProviderName"] = false,
        ["PublisherName"] = false, ["ServiceCategory"] = false, ["ServiceName"] = false,
    };

    // The others that it knows of those we use.
    private static readonly string[] Known =
    [
        "BillingAccountType", "ChargeFrequency", "ConsumedQuantity", "ConsumedUnit", "PricingCategory", "ResourceId", "ResourceName", "ResourceType", "ServiceSubcategory", "SkuId", "SkuPriceId", "Tags",
    ];

    [Fact]
    public async Task The_export_has_the_columns_of_the_specification_and_no_others_without_a_prefix()
    {
        var rows = await Export();

        rows[0].Keys.Should().Contain(Mandatory.Keys);
        rows[0].Keys.Where(c => !c.StartsWith("x_", StringComparison.Ordinal)).Should().BeSubsetOf(Mandatory.Keys.Concat(Known));
        rows.Should().OnlyContain(r => Mandatory.All(c => c.Value || r[c.Key] != ""));
    }

    [Fact]
    public async Task What_was_spent_is_there_once_and_what_was_only_held_is_not()
    {
        var rows = await Export();

        rows.Sum(r => decimal.Parse(r["BilledCost"], CultureInfo.InvariantCulture)).Should().Be(6m);
        rows.Should().HaveCount(3).And.OnlyContain(r => r["ChargeCategory"] == "Usage" && r["BillingCurrency"] == "USD" && r["ServiceCategory"] == "AI and Machine Learning");
        var charge = rows.Single(r => r["SkuId"] == "gpt-5");
        (charge["ProviderName"], charge["ConsumedQuantity"], charge["ConsumedUnit"], charge["PricingQuantity"], charge["PricingUnit"]).Should().Be(("OpenAI", "12", "Tokens", "12", "Tokens"));
        JsonDocument.Parse(charge["Tags"]).RootElement.GetProperty("team:a").GetBoolean().Should().BeTrue();
        charge["x_Operation"].Should().Be("'=write,\"1\"", "a spreadsheet runs no operation of a stranger's");
        DateTimeOffset From(string column) => DateTimeOffset.ParseExact(charge[column], "yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);
        var now = api.Clock.GetUtcNow();
        (From("ChargePeriodStart") <= now && now < From("ChargePeriodEnd") && From("BillingPeriodStart").Day == 1 && From("BillingPeriodEnd") > now).Should().BeTrue();
    }

    [Fact]
    public async Task Pages_and_other_formats_do_not_go_with_it()
    {
        var agent = await api.NewAgent();

        (await agent.Get("/v1/agents/ledger?format=focus&limit=5")).FaultyFields.Should().Equal("limit");
        (await agent.Get("/v1/agents/ledger?format=xml")).FaultyFields.Should().Equal("format");
    }

    private async Task<List<Dictionary<string, string>>> Export()
    {
        var agent = await api.NewAgent();
        await agent.Post("/v1/charges", """{"amount":3,"model":"gpt-5","operation":"=write,\"1\"","tags":["team:a"],"usage":{"input_tokens":10,"output_tokens":2}}""");
        await agent.Charge("1.00");
        var held = await agent.Reserved("4.00");
        await agent.Post($"/v1/reservations/{held}/commit", """{"amount":2,"model":"nobody-knows-it"}""");
        await agent.Reserved("5.00");
        var export = await agent.Get("/v1/agents/ledger?format=focus");
        export.MediaType.Should().Be("text/csv");
        var lines = export.Text.TrimEnd().Split("\r\n").Select(Cells).ToList();
        return [.. lines.Skip(1).Select(l => lines[0].Zip(l).ToDictionary(c => c.First, c => c.Second))];
    }

    private static List<string> Cells(string line)
    {
        var (cells, quoted) = (new List<StringBuilder> { new() }, false);
        for (var i = 0; i < line.Length; i++)
        {
            if (line[i] == '"' && quoted && i + 1 < line.Length && line[i + 1] == '"')
            {
                cells[^1].Append(line[i++]);
            }
            else if (line[i] == '"')
            {
                quoted = !quoted;
            }
            else if (line[i] == ',' && !quoted)
            {
                cells.Add(new StringBuilder());
            }
            else
            {
                cells[^1].Append(line[i]);
            }
        }

        return [.. cells.Select(c => c.ToString())];
    }
}
