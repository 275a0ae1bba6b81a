using Budgets.Client.AI;
using Budgets.Journal;
using Budgets.Tests.Grains;
using Budgets.Tests.Pricing;
using Microsoft.Extensions.AI;
using static Budgets.Tests.Grains.Ask;

namespace Budgets.Tests.Client;

/// <summary>An agent in .NET that calls its model itself, with a budget in between.</summary>
public sealed class AgentBudgetTests : IAsyncLifetime, IDisposable
{
    // Made anew: whoever sums usage up does it in place.
    private static UsageDetails Small => new() { InputTokenCount = 1011, OutputTokenCount = 209, TotalTokenCount = 1220, CachedInputTokenCount = 1000 };

    private readonly AgentId _agent = BudgetCluster.NewAgent();
    private readonly ScriptedChat _model = new();
    private BudgetCluster _cluster = null!;
    private IBudgetGrain _budget = null!;

    public async Task InitializeAsync() => _cluster = await BudgetCluster.Start(new MemoryJournalStore());

    public async Task DisposeAsync() => await _cluster.DisposeAsync();

    public void Dispose() => _model.Dispose();

    [Fact]
    public async Task A_call_holds_the_most_it_can_cost_and_costs_what_its_provider_counted()
    {
        var chat = await Open(100);
        var held = Money.Zero;
        _model.Answers = async _ =>
        {
            held = (await _budget.Daily()).Held;
            return ScriptedChat.Says("Hi there", Small);
        };

        var answer = await chat.GetResponseAsync("hello", new ChatOptions { MaxOutputTokens = 300 });

        var cost = Cost("gpt-4o", new TokenUsage(1011, 209, CacheReadTokens: 1000));
        held.Should().BeGreaterThanOrEqualTo(Cost("gpt-4o", new TokenUsage("hello".Length, 300)));
        var ledger = await Spending();
        ledger.Select(e => e.Kind).Should().Equal(EntryKind.Hold, EntryKind.Settle);
        ledger[0].Amount.Should().Be(held);
        ledger[1].Should().BeEquivalentTo(new { Amount = cost, Purpose = new { Model = "gpt-4o", Operation = "chat" } });
        answer.Text.Should().Be("Hi there");
        answer.AdditionalProperties![BudgetNotes.Cost].Should().Be(cost.ToString());
        answer.AdditionalProperties[BudgetNotes.Remaining].Should().Be((Usd(100) - cost).ToString());
        answer.AdditionalProperties[BudgetNotes.Reservation].As<string>().Should().StartWith(HoldId.CallPrefix, "a spend key must not take back what is being spent");
    }

    /// <summary>Clients tell cache tokens within the input, and thinking within the output; Anthropic and Google tell them beside it, and are paid so.</summary>
    [Fact]
    public async Task Cached_tokens_and_thinking_cost_what_they_cost_in_the_providers_own_count()
    {
        foreach (var (model, told, used) in new (string Model, UsageDetails Told, TokenUsage Used)[]
        {
            ("claude-haiku-4-5",
                new() { InputTokenCount = 4521, OutputTokenCount = 77, CachedInputTokenCount = 4000, AdditionalCounts = new() { ["CacheCreationInputTokens"] = 500 } },
                new(21, 77, 4000, 500)),
            ("gemini-2.5-flash", new() { InputTokenCount = 100, OutputTokenCount = 50, ReasoningTokenCount = 20 }, new(100, 30, ReasoningTokens: 20)),
            ("gpt-4o", new() { InputTokenCount = 0, OutputTokenCount = 0 }, new(0, 0)),
        })
        {
            var chat = await Open(100);
            _model.Answers = _ => Task.FromResult(ScriptedChat.Says("x", told));

            await chat.GetResponseAsync("hello", new ChatOptions { ModelId = model, MaxOutputTokens = 100 });

            (await Spending())[^1].Amount.Should().Be(Cost(model, used), model);
        }
    }

    [Fact]
    public async Task What_does_not_fit_is_not_called_and_says_what_would()
    {
        var chat = await Open(0.01m);

        var call = () => chat.GetResponseAsync("hello", new ChatOptions { MaxOutputTokens = 10_000 });

        var refused = (await call.Should().ThrowAsync<CallRefusedException>()).Which;
        refused.Refused.Outcome.Should().Be(Outcome.BudgetExceeded);
        refused.Refused.Figures!.Standing!.Remaining.Should().Be(Usd(0.01m));
        refused.Affordable[0].Should().BeEquivalentTo(new { Model = "gpt-4o" });
        refused.Affordable[0].MaxOutputTokens.Should().BeInRange(100, 1_000);
        refused.Message.Should().Contain("does not fit the daily limit").And.Contain($"{refused.Affordable[0].MaxOutputTokens} output tokens of gpt-4o would fit");
        (_model.Calls.Count, (await Spending()).Count).Should().Be((0, 0));
    }

    [Fact]
    public async Task An_output_that_nobody_bounded_is_made_to_fit_and_said_to_be()
    {
        var chat = await Open(0.01m);
        _model.Answers = _ => Task.FromResult(ScriptedChat.Says("x", Small));
        var mine = new ChatOptions();

        var answer = await chat.GetResponseAsync("hello", mine);

        var most = _model.Calls.Single()!.MaxOutputTokens;
        most.Should().BeInRange(16, 1_000, "a million output tokens cost ten dollars");
        answer.AdditionalProperties![BudgetNotes.MaxTokens].Should().Be($"{most}");
        (await Spending())[0].Amount.Should().BeInRange(Usd(0.0099m), Usd(0.01m));
        mine.MaxOutputTokens.Should().BeNull("the caller's options are the caller's");
    }

    [Fact]
    public async Task What_the_provider_does_not_count_is_counted_and_never_free()
    {
        var chat = await Open(100);
        foreach (var (usage, isAll) in new (UsageDetails? Usage, bool IsAll)[] { (null, false), (new() { InputTokenCount = -5, OutputTokenCount = 1 }, true) })
        {
            _model.Answers = _ => Task.FromResult(ScriptedChat.Says("Hi there", usage));

            await chat.GetResponseAsync("hello", new ChatOptions { MaxOutputTokens = 300 });

            var ledger = (await Spending())[^2..];
            ledger[1].Amount.Should().Be(isAll ? ledger[0].Amount : Cost("gpt-4o", ledger[0].Purpose.Usage! with { OutputTokens = "Hi there".Length }));
        }
    }

    [Fact]
    public async Task A_failure_costs_nothing_where_the_provider_said_no_and_all_it_can_where_nobody_knows()
    {
        var chat = await Open(100);
        foreach (var (failure, kind) in new (Exception Failure, EntryKind Kind)[]
        {
            (new HttpRequestException("slow down", null, System.Net.HttpStatusCode.TooManyRequests), EntryKind.Release),
            (new HttpRequestException(HttpRequestError.ConnectionError), EntryKind.Release),
            (new InvalidOperationException("failed", new HttpRequestException("oops", null, System.Net.HttpStatusCode.InternalServerError)), EntryKind.Release),
            (new HttpRequestException("late", null, System.Net.HttpStatusCode.GatewayTimeout), EntryKind.Settle),
            (new HttpRequestException(HttpRequestError.ResponseEnded), EntryKind.Settle),
            (new InvalidDataException("nonsense"), EntryKind.Settle),
        })
        {
            _model.Answers = _ => throw failure;

            (await chat.Awaiting(c => c.GetResponseAsync("hello", new ChatOptions { MaxOutputTokens = 10 })).Should().ThrowAsync<Exception>()).Which.Should().BeSameAs(failure);

            var ledger = (await Spending())[^2..];
            (ledger[1].Kind, ledger[1].Amount).Should().Be((kind, ledger[0].Amount), failure.Message);
        }
    }

    [Fact]
    public async Task Each_call_of_a_round_of_tools_has_a_hold_of_its_own_and_the_other_order_does_not_start()
    {
        await Open(100);
        var weather = AIFunctionFactory.Create((string city) => $"It rains in {city}.", "weather");
        _model.Answers = _ => Task.FromResult(_model.Calls.Count == 1
            ? ScriptedChat.Says("", Small, new FunctionCallContent("1", "weather", new Dictionary<string, object?> { ["city"] = "Paris" }))
            : ScriptedChat.Says("Take an umbrella.", Small));

        var answer = await _model.With(_cluster, _agent, above: b => b.UseFunctionInvocation()).GetResponseAsync("Paris?", new ChatOptions { Tools = [weather], MaxOutputTokens = 300 });

        answer.Text.Should().Be("Take an umbrella.");
        (await Spending()).Select(e => e.Kind).Should().Equal(EntryKind.Hold, EntryKind.Settle, EntryKind.Hold, EntryKind.Settle);
        var upsideDown = () => new FunctionInvokingChatClient(_model).AsBuilder().UseAgentBudget(_agent).Build();
        upsideDown.Should().Throw<InvalidOperationException>().WithMessage("UseAgentBudget comes after UseFunctionInvocation*");
    }

    [Fact]
    public async Task What_costs_beside_tokens_or_cannot_be_seen_is_not_called()
    {
        var chat = await Open(100);
        foreach (var (options, message) in new (ChatOptions Options, string Message)[]
        {
            (new() { Tools = [new HostedWebSearchTool()] }, "*which the provider runs and charges for apart*"),
            (new() { RawRepresentationFactory = _ => new object() }, "*RawRepresentationFactory*"),
            (new() { ModelId = "never-heard-of" }, "*"),
        })
        {
            (await chat.Awaiting(c => c.GetResponseAsync("hello", options)).Should().ThrowAsync<CallRefusedException>()).WithMessage(message)
                .Which.Refused.Outcome.Should().Be(Outcome.PriceUnknown);
        }

        (_model.Calls.Count, (await Spending()).Count).Should().Be((0, 0));
    }

    [Fact]
    public async Task A_call_says_what_it_is_for_and_uses_an_approval_once()
    {
        var chat = await Open(100, o => (o.Operation, o.Tags) = ("write", ["team=docs"]));
        await _budget.Configure(new ConfigureRequest(Layer.Above, "operator", false, ApprovalThreshold: Change.To<Money?>(Money.Zero)));
        _model.Answers = _ => Task.FromResult(ScriptedChat.Says("x", Small));
        var refused = await chat.Awaiting(c => c.GetResponseAsync("hello", new ChatOptions { MaxOutputTokens = 300 })).Should().ThrowAsync<CallRefusedException>();
        refused.Which.Refused.Figures!.Approval.Should().BeEquivalentTo(new { Operation = "write" });
        var asked = await _budget.Ask(new ApprovalAsk("agent:spend", "translate", Usd(1), "why"));
        await _budget.Rule(new RulingRequest(asked.View!.Approval.Id, Ruling.Approve, "operator", "rest"));

        Task<ChatResponse> Call() => chat.GetResponseAsync("hello", new ChatOptions
        {
            MaxOutputTokens = 300,
            AdditionalProperties = new() { [BudgetNotes.Operation] = "translate", [BudgetNotes.Tags] = "lang=fr, draft", [BudgetNotes.Approval] = asked.View.Approval.Id.Value, ["own"] = 1 },
        });

        await Call();
        (await FluentActions.Awaiting(Call).Should().ThrowAsync<CallRefusedException>()).Which.Refused.Outcome.Should().Be(Outcome.ApprovalUsed);
        var purpose = (await Spending())[^1].Purpose;
        (purpose.Operation, string.Join(' ', purpose.Tags)).Should().Be(("translate", "team=docs lang=fr draft"));
        _model.Calls.Single()!.AdditionalProperties!.Keys.Should().Equal("own");
    }

    [Fact]
    public async Task Plain_reservations_and_charges_take_approvals_and_prompt_hashes_too()
    {
        await Open(100);
        var client = _cluster.ClientFor(_agent);
        await _budget.Configure(new ConfigureRequest(Layer.Above, "operator", false, ApprovalThreshold: Change.To<Money?>(Usd(1))));
        async Task<ApprovalId> Approved()
        {
            var asked = await _budget.Ask(new ApprovalAsk("agent:spend", "buy", Usd(5), "why"));
            return (await _budget.Rule(new RulingRequest(asked.View!.Approval.Id, Ruling.Approve, "operator", "rest"))).View!.Approval.Id;
        }

        var purpose = new Purpose(Operation: "buy", PromptHash: "abc");
        (await client.Charge(Usd(5), purpose)).Outcome.Should().Be(Outcome.ApprovalRequired);
        (await client.Charge(Usd(5), purpose, approval: await Approved())).Outcome.Should().Be(Outcome.Accepted);
        (await client.Reserve(Usd(5), purpose, approval: await Approved())).Outcome.Should().Be(Outcome.Accepted);

        (await Spending()).Should().OnlyContain(e => e.Purpose.PromptHash == "abc").And.HaveCount(2);
        await client.Awaiting(c => c.Charge(Usd(1), new Purpose(PromptHash: new string('x', 65))).AsTask()).Should().ThrowAsync<ArgumentException>().WithMessage("PromptHash must have*");
        await client.Awaiting(c => c.Charge(Usd(1), approval: new ApprovalId("apr_1")).AsTask()).Should().ThrowAsync<ArgumentException>().WithMessage("'apr_1' is not an approval's id*");
    }

    private async Task<IChatClient> Open(decimal daily, Action<AgentBudgetOptions>? configure = null)
    {
        _budget = _cluster.Budget(_agent);
        if (await _budget.GetBudget() is null)
        {
            await _cluster.Open(Usd(daily), _agent);
        }

        return _model.With(_cluster, _agent, configure);
    }

    private Money Cost(string model, TokenUsage usage) => Priced.Quote(model, usage, _cluster.Clock.GetUtcNow()).Amount;

    private async Task<List<LedgerEntry>> Spending() =>
        [.. (await _budget.Ledger()).Where(e => e.Kind is EntryKind.Hold or EntryKind.Settle or EntryKind.Release or EntryKind.Charge)];
}
