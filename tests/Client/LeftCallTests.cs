using Budgets.Client.AI;
using Budgets.Journal;
using Budgets.Tests.Grains;
using Budgets.Tests.Pricing;
using Microsoft.Extensions.AI;
using static Budgets.Tests.Grains.Ask;

namespace Budgets.Tests.Client;

/// <summary>However a call ends, its hold ends once, and what was made is paid for.</summary>
public sealed class LeftCallTests : IAsyncLifetime, IDisposable
{
    private static readonly ChatOptions Short = new() { MaxOutputTokens = 300 };

    private readonly AgentId _agent = BudgetCluster.NewAgent();
    private readonly ScriptedChat _model = new();
    private BudgetCluster _cluster = null!;
    private IBudgetGrain _budget = null!;
    private IChatClient _chat = null!;

    public async Task InitializeAsync()
    {
        _cluster = await BudgetCluster.Start(new MemoryJournalStore());
        _budget = await _cluster.Open(Usd(100), _agent);
        _chat = _model.With(_cluster, _agent);
    }

    public async Task DisposeAsync() => await _cluster.DisposeAsync();

    public void Dispose() => _model.Dispose();

    [Fact]
    public async Task A_stream_costs_what_its_provider_counted_and_says_so_at_its_end()
    {
        _model.Streams = _ => Updates();

        var updates = await _chat.GetStreamingResponseAsync("hello", Short).ToListAsync();

        var ledger = await Ended();
        ledger[1].Amount.Should().Be(Cost(new TokenUsage(11, 9)));
        updates.ToChatResponse().Text.Should().Be("Hello there");
        updates[0].AdditionalProperties!.Should().ContainKey(BudgetNotes.Reservation).And.NotContainKey(BudgetNotes.Cost);
        updates[^1].AdditionalProperties![BudgetNotes.Cost].Should().Be(ledger[1].Amount.ToString());
    }

    [Fact]
    public async Task A_stream_that_its_reader_leaves_is_left_at_the_provider_and_costs_what_went_by()
    {
        _model.Streams = _ => Updates();

        await foreach (var update in _chat.GetStreamingResponseAsync("hello", Short))
        {
            break;
        }

        _model.StreamEnded.Should().BeTrue();
        await CostsWhatWentBy("Hello");
    }

    [Fact]
    public async Task A_stream_that_breaks_off_costs_what_went_by_and_tells_why()
    {
        _model.Streams = _ => Updates(breaksOff: new IOException("gone"));

        await _chat.Awaiting(c => c.GetStreamingResponseAsync("hello", Short).ToListAsync().AsTask()).Should().ThrowAsync<IOException>().WithMessage("gone");

        await CostsWhatWentBy("Hello");
    }

    [Fact]
    public async Task A_stream_that_never_began_because_the_provider_said_no_is_free()
    {
        _model.Streams = _ => AsyncEnumerable.Range(0, 1).Select<int, ChatResponseUpdate>(_ => throw new HttpRequestException("no", null, System.Net.HttpStatusCode.TooManyRequests));

        await _chat.Awaiting(c => c.GetStreamingResponseAsync("hello", Short).ToListAsync().AsTask()).Should().ThrowAsync<HttpRequestException>();

        (await Ended())[1].Kind.Should().Be(EntryKind.Release);
    }

    [Fact]
    public async Task A_client_that_fails_before_there_is_a_stream_leaves_no_hold()
    {
        using var failing = new ScriptedChat { Refuses = new InvalidDataException("no such thing") };

        await failing.With(_cluster, _agent).Awaiting(c => c.GetStreamingResponseAsync("hello", Short).ToListAsync().AsTask()).Should().ThrowAsync<InvalidDataException>();

        (await Ended())[1].Kind.Should().Be(EntryKind.Settle, "nobody knows what it was");
    }

    [Fact]
    public async Task A_stream_that_is_cancelled_costs_what_went_by()
    {
        using var stop = new CancellationTokenSource();
        _model.Streams = stopped => Updates(waitsFor: new TaskCompletionSource().Task.WaitAsync(stopped));

        var reading = async () =>
        {
            await foreach (var update in _chat.GetStreamingResponseAsync("hello", Short, stop.Token))
            {
                await stop.CancelAsync();
            }
        };

        await reading.Should().ThrowAsync<OperationCanceledException>();
        _model.StreamEnded.Should().BeTrue();
        await CostsWhatWentBy("Hello");
    }

    [Fact]
    public async Task Whoever_stops_waiting_for_an_answer_is_let_go_at_once_and_what_it_cost_is_booked_in_truth()
    {
        using var stop = new CancellationTokenSource();
        var asked = new TaskCompletionSource();
        var made = new TaskCompletionSource<ChatResponse>();
        _model.Answers = _ =>
        {
            asked.SetResult();
            return made.Task;
        };

        var call = _chat.GetResponseAsync("hello", Short, stop.Token);
        await asked.Task;
        await stop.CancelAsync();

        await call.Awaiting(c => c).Should().ThrowAsync<OperationCanceledException>();
        (await Spending()).Should().ContainSingle("it is being made, and held for");
        made.SetResult(ScriptedChat.Says("Hi", new UsageDetails { InputTokenCount = 11, OutputTokenCount = 9 }));
        (await Ended())[1].Amount.Should().Be(Cost(new TokenUsage(11, 9)));
    }

    [Fact]
    public async Task A_call_that_was_cancelled_before_it_was_made_costs_nothing()
    {
        using var stop = new CancellationTokenSource();
        await stop.CancelAsync();

        await _chat.Awaiting(c => c.GetResponseAsync("hello", Short, stop.Token)).Should().ThrowAsync<OperationCanceledException>();

        (_model.Calls.Count, (await _budget.Daily()).Held).Should().Be((0, Money.Zero));
    }

    [Fact]
    public async Task A_call_that_takes_an_hour_less_is_held_for_all_the_while()
    {
        var made = new TaskCompletionSource<ChatResponse>();
        _model.Answers = _ => made.Task;
        var call = _chat.GetResponseAsync("hello", Short);
        await Until(async () => (await Spending()).Count == 1);
        var hold = new HoldId((await Spending())[0].Id!);

        // Not as long as the answer would be waited for.
        for (var i = 0; i < 2; i++)
        {
            var before = (await _budget.GetHold(hold))!.ExpiresAt;
            _cluster.Clock.Advance(TimeSpan.FromMinutes(5));
            await Until(async () => (await _budget.GetHold(hold))!.ExpiresAt > before);
        }

        made.SetResult(ScriptedChat.Says("Hi", new UsageDetails { InputTokenCount = 11, OutputTokenCount = 9 }));
        await call;
        (await Spending())[^1].Should().BeEquivalentTo(new { Kind = EntryKind.Settle, Late = false });
    }

    [Fact]
    public async Task A_call_that_nobody_ended_costs_all_it_can_have_until_the_truth_is_told()
    {
        var outline = new CallOutline("gpt-4o", 100, 0, IsOpenEnded: false, HasWindow: true, OutputTokens: 300, 1, 0, default, default);
        var call = (await _cluster.ClientFor(_agent, clock: _cluster.Clock).BeginCall(outline)).Accepted;

        // Nothing is heard of its process for longer than it is held for.
        _cluster.Clock.Advance(TimeSpan.FromMinutes(15));

        (await _budget.Daily()).Should().BeEquivalentTo(new { Spent = call.Amount, Held = Money.Zero });
        await call.Settle(new TokenUsage(11, 9));
        (await _budget.Daily()).Should().BeEquivalentTo(new { Spent = Cost(new TokenUsage(11, 9)), Held = Money.Zero });
    }

    [Fact]
    public async Task Whoever_stops_waiting_for_a_hold_holds_nothing()
    {
        using var gate = new GatedAppends(new MemoryJournalStore());
        await using var cluster = await BudgetCluster.Start(gate);
        var budget = await cluster.Open(Usd(100), _agent);
        using var stop = new CancellationTokenSource();
        gate.Close();

        var call = _model.With(cluster, _agent).GetResponseAsync("hello", Short, stop.Token);
        await gate.OneHasArrived();
        await stop.CancelAsync();

        await call.Awaiting(c => c).Should().ThrowAsync<OperationCanceledException>();
        gate.Open();
        await Until(async () => (await budget.Ledger()).Any(e => e.Kind == EntryKind.Release));
        _model.Calls.Should().BeEmpty();
    }

    [Fact]
    public async Task A_store_that_is_down_while_a_call_is_made_has_its_cost_when_it_is_up()
    {
        var store = new FaultyJournalStore(new MemoryJournalStore(), seed: 0);
        await using var cluster = await BudgetCluster.Start(store);
        var budget = await cluster.Open(Usd(100), _agent);
        _model.Answers = _ =>
        {
            store.IsFull = true;
            return Task.FromResult(ScriptedChat.Says("Hi", new UsageDetails { InputTokenCount = 11, OutputTokenCount = 9 }));
        };

        var call = _model.With(cluster, _agent).GetResponseAsync("hello", Short);
        await Until(() =>
        {
            cluster.Clock.Advance(TimeSpan.FromSeconds(1));
            return Task.FromResult(call.IsCompleted);
        });
        (await call).AdditionalProperties.Should().NotContainKey(BudgetNotes.Cost, "it is not booked yet, and nobody is kept waiting");
        store.IsFull = false;

        await Until(async () =>
        {
            cluster.Clock.Advance(TimeSpan.FromSeconds(1));
            return (await budget.Ledger()).Any(e => e.Kind == EntryKind.Settle);
        });
        (await budget.Ledger()).Spent().Should().Be(Cost(new TokenUsage(11, 9)));
    }

    private static async IAsyncEnumerable<ChatResponseUpdate> Updates(Exception? breaksOff = null, Task? waitsFor = null)
    {
        yield return new ChatResponseUpdate(ChatRole.Assistant, "Hello");
        await (waitsFor ?? Task.CompletedTask);
        if (breaksOff is not null)
        {
            throw breaksOff;
        }

        yield return new ChatResponseUpdate(ChatRole.Assistant, " there");
        yield return new ChatResponseUpdate { Contents = [new UsageContent(new UsageDetails { InputTokenCount = 11, OutputTokenCount = 9 })], FinishReason = ChatFinishReason.Stop };
    }

    private async Task CostsWhatWentBy(string text)
    {
        var ledger = await Ended();
        ledger[1].Amount.Should().Be(Cost(ledger[0].Purpose.Usage! with { OutputTokens = text.Length + 64 }));
    }

    private async Task<List<LedgerEntry>> Ended()
    {
        await Until(async () => (await Spending()).Count >= 2);
        var ledger = await Spending();
        ledger.Should().HaveCount(2, "a hold ends once");
        return ledger;
    }

    private static async Task Until(Func<Task<bool>> isSo)
    {
        using var pause = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (!await isSo())
        {
            await pause.WaitForNextTickAsync(deadline.Token);
        }
    }

    private Money Cost(TokenUsage usage) => Priced.Quote("gpt-4o", usage, _cluster.Clock.GetUtcNow()).Amount;

    private async Task<List<LedgerEntry>> Spending() => [.. (await _budget.Ledger()).Where(e => e.Kind is EntryKind.Hold or EntryKind.Settle or EntryKind.Release or EntryKind.Expire)];
}
