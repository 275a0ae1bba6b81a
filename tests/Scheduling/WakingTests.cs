using Budgets.Journal;
using Budgets.Scheduling;
using Budgets.Tests.Grains;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Orleans;
using Orleans.Reminders;
using Orleans.Runtime;
using static Budgets.Tests.Grains.Ask;

namespace Budgets.Tests.Scheduling;

/// <summary>Budgets that nobody asks are woken when their holds have expired. Real stores, real timers; only the budgets' clock is ours.</summary>
public abstract class WakingTests : IAsyncLifetime
{
    private const int Hot = 50;

    private static readonly AgentId s_agent = BudgetCluster.NewAgent();

    private readonly FakeTimeProvider _reminders = new(new DateTimeOffset(2026, 3, 4, 10, 0, 0, TimeSpan.Zero));
    private IJournalStore _journals = null!;
    private WatchedIndex _index = null!;

    public async Task InitializeAsync()
    {
        (_journals, var index) = await OpenStores();
        _index = new WatchedIndex(index);
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task Holds_that_nobody_settles_are_written_down_as_expired_each_in_its_time()
    {
        await using var cluster = await Start();
        var budgets = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => cluster.Open(Usd(100))));
        foreach (var budget in budgets)
        {
            (await budget.Hold(Hold(1, ttl: 60))).Outcome.Should().Be(Outcome.Accepted);
            (await budget.Hold(Hold(2, ttl: 60))).Outcome.Should().Be(Outcome.Accepted);
            (await budget.Hold(Hold(4, ttl: 3600))).Outcome.Should().Be(Outcome.Accepted);
        }

        await Pass(cluster, budgets, TimeSpan.FromSeconds(60) + Alarm.Step);
        foreach (var budget in budgets)
        {
            (await Expired(budget)).Should().BeEquivalentTo([Usd(1), Usd(2)]);
            (await budget.Daily()).Held.Should().Be(Usd(4));
        }

        await Pass(cluster, budgets, TimeSpan.FromSeconds(3600));
        foreach (var budget in budgets)
        {
            (await Expired(budget)).Should().BeEquivalentTo([Usd(1), Usd(2), Usd(4)]);
            (await _index.Of(budget.GetGrainId())).Should().BeEmpty("nothing is held any more");
        }
    }

    [Fact]
    public async Task A_hold_that_is_extended_is_waited_for_longer()
    {
        await using var cluster = await Start();
        var budget = await cluster.Open(Usd(100));
        var hold = Hold(1, ttl: 60);
        await budget.Hold(hold);
        (await budget.Extend(new ExtendRequest(hold.Id, 600, null))).Outcome.Should().Be(Outcome.Accepted);

        await Pass(cluster, [budget], TimeSpan.FromSeconds(60) + Alarm.Step);
        (await Expired(budget)).Should().BeEmpty();

        await Pass(cluster, [budget], TimeSpan.FromSeconds(600));
        (await Expired(budget)).Should().Equal(Usd(1));
    }

    [Fact]
    public async Task Whoever_is_woken_in_vain_changes_nothing()
    {
        await using var cluster = await Start();
        var never = cluster.Budget(BudgetCluster.NewAgent());
        var idle = await cluster.Open(Usd(100));
        var holding = await cluster.Open(Usd(100));
        await holding.Hold(Hold(1, ttl: 86_400));
        IBudgetGrain[] budgets = [never, idle, holding];
        var before = await Task.WhenAll(budgets.Select(b => b.Ledger()));

        // A day of windows has ended as well: that alone is written with the next request.
        cluster.Clock.Advance(TimeSpan.FromHours(20));
        var dues = budgets.Select(b => new Due(cluster.Clock.GetUtcNow(), b.GetGrainId(), "wake")).ToList();
        var served = dues.Select(_index.Served).ToList();
        foreach (var due in dues)
        {
            await _index.Put(due);
        }

        await Task.WhenAll(served);
        (await Task.WhenAll(budgets.Select(b => b.Ledger()))).Should().BeEquivalentTo(before);
        (await holding.Daily()).Should().BeEquivalentTo(new { Spent = Usd(0), Held = Usd(0) }, "the window of the hold is over");
        (await _index.Of(holding.GetGrainId())).Should().NotBeEmpty("its hold is open still");
    }

    [Fact]
    public async Task Holds_that_end_by_settlement_put_one_due_and_no_more()
    {
        await using var cluster = await Start();
        var budget = await cluster.Open(Usd(100));
        for (var i = 0; i < Hot; i++)
        {
            var hold = Hold(0.01m);
            await budget.Hold(hold);
            (await budget.Settle(new SettleRequest(hold.Id, Usd(0.01m), Purpose.None, null))).Outcome.Should().Be(Outcome.Accepted);
            cluster.Clock.Advance(TimeSpan.FromSeconds(11));
        }

        _index.Puts.Should().HaveCount(1, "ten minutes have not passed");
    }

    [Fact]
    public async Task What_is_due_stands_in_the_index_before_the_hold_stands_in_the_journal()
    {
        using var gate = new GatedAppends(_journals);
        await using var cluster = await Start(gate);
        var budget = await cluster.Open(Usd(100));
        gate.Close();

        var hold = budget.Hold(Hold(1, ttl: 60)).AsTask();
        await gate.OneHasArrived();

        (await _index.Of(budget.GetGrainId())).Should().ContainSingle();
        gate.Open();
        (await hold).Outcome.Should().Be(Outcome.Accepted);
    }

    [Fact]
    public async Task Nothing_is_held_that_could_not_be_woken_for()
    {
        await using var cluster = await Start();
        var budget = await cluster.Open(Usd(100));
        _index.RefusesPuts = true;
        var request = Hold(1);

        await budget.Awaiting(b => b.Hold(request).AsTask()).Should().ThrowAsync<StoreUnavailableException>();
        (await Persistence.UntilKnown(async () => await budget.Ledger())).Should().NotContain(e => e.Kind == EntryKind.Hold);

        _index.RefusesPuts = false;
        (await Persistence.UntilKnown(async () => await budget.Hold(request))).Outcome.Should().Be(Outcome.Accepted);
    }

    [Fact]
    public async Task A_charge_never_waits_for_the_index_and_a_hold_does_not_that_is_woken_for_already()
    {
        await using var cluster = await Start();
        var (idle, holding) = (await cluster.Open(Usd(100)), await cluster.Open(Usd(100)));
        (await holding.Hold(Hold(1))).Outcome.Should().Be(Outcome.Accepted);
        _index.RefusesPuts = true;

        (await idle.Charge(Charge(1))).Outcome.Should().Be(Outcome.Accepted);
        for (var i = 0; i < Hot; i++)
        {
            var hold = Hold(1);
            (await holding.Hold(hold)).Outcome.Should().Be(Outcome.Accepted);
            (await holding.Charge(Charge(0.01m))).Outcome.Should().Be(Outcome.Accepted);
            (await holding.Release(new ReleaseRequest(hold.Id))).Outcome.Should().Be(Outcome.Accepted);
        }
    }

    /// <summary>Closed, it takes no more spends; what was held is given back all the same, and then it is left alone.</summary>
    [Fact]
    public async Task A_closed_budget_is_woken_for_its_last_hold_and_never_again()
    {
        await using var cluster = await Start();
        var budget = await cluster.Open(Usd(100));
        await budget.Hold(Hold(1, ttl: 60));
        (await budget.Close("operator")).Result.Should().Be(ConfigureResult.Done);

        await Pass(cluster, [budget], TimeSpan.FromSeconds(60) + Alarm.Step);

        (await Expired(budget)).Should().Equal(Usd(1));
        (await _index.Of(budget.GetGrainId())).Should().BeEmpty();
    }

    [Fact]
    public async Task Whoever_keeps_a_journal_can_be_woken_and_need_not_be_a_budget()
    {
        await using var cluster = await Start();
        var metronome = cluster.Grains.GetGrain<IMetronomeGrain>(Base62.Random("", 20));
        await metronome.Start(beats: 3, TimeSpan.FromMinutes(1));

        for (var beats = 1; beats <= 3; beats++)
        {
            await cluster.Deactivate(metronome);
            await Pass(cluster, [metronome], TimeSpan.FromMinutes(1) + Alarm.Step);
            (await metronome.Beats()).Should().Be(beats);
        }

        (await _index.Of(metronome.GetGrainId())).Should().BeEmpty("it has stopped");
    }

    /// <summary>The journal of one cannot be read. It is tried again later, and those behind it are served at once.</summary>
    [Fact]
    public async Task Whoever_cannot_be_woken_keeps_nobody_waiting_and_is_not_forgotten()
    {
        var broken = new UnreadableJournal(_journals);
        await using var cluster = await Start(broken);
        var first = await OfShard(cluster, 5);
        await first.Hold(Hold(1, ttl: 60));
        var behind = await OfShard(cluster, 5);
        await behind.Hold(Hold(1, ttl: 90));
        await cluster.Deactivate(first);
        broken.Name = $"budget/{first.GetPrimaryKeyString()}";

        await Pass(cluster, [first, behind], TimeSpan.FromSeconds(90) + Alarm.Step);
        (await Expired(behind)).Should().Equal(Usd(1));
        var again = (await _index.Of(first.GetGrainId())).Should().ContainSingle().Subject;
        again.At.Should().Be(cluster.Clock.GetUtcNow() + SchedulerGrain.Later);

        broken.Name = null;
        await Pass(cluster, [first], SchedulerGrain.Later);
        (await Expired(first)).Should().Equal(Usd(1));
    }

    /// <summary>As after a crash between the wake and its removal.</summary>
    [Fact]
    public async Task Woken_again_for_the_same_it_writes_nothing_more()
    {
        await using (var cluster = await Start())
        {
            var first = await cluster.Open(Usd(100), s_agent);
            await first.Hold(Hold(1, ttl: 60));
            var refused = _index.RefuseRemovals();
            cluster.Clock.Advance(TimeSpan.FromSeconds(60) + Alarm.Step);
            await refused;
            (await Expired(first)).Should().Equal(Usd(1));
        }

        _index.TakeRemovals();
        await using var next = await Start();
        await Pass(next, [next.Budget(s_agent)], TimeSpan.FromSeconds(60) + Alarm.Step);
        (await Expired(next.Budget(s_agent))).Should().Equal(Usd(1));
    }

    /// <summary>Its silo died, or its activation went: nothing but the reminder knows of it.</summary>
    [Fact]
    public async Task A_scheduler_that_is_gone_comes_back_by_its_reminder()
    {
        await using var cluster = await Start();
        var budget = await cluster.Open(Usd(100));
        await budget.Hold(Hold(1, ttl: 60));
        var due = (await _index.Of(budget.GetGrainId())).Single();
        var scheduler = cluster.Grains.GetGrain<ISchedulerGrain>(due.Shard);
        await scheduler.Start();
        await cluster.Deactivate(scheduler);
        var served = _index.Served(due);
        cluster.Clock.Advance(TimeSpan.FromSeconds(60) + Alarm.Step);

        using var moment = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        while (!served.IsCompleted)
        {
            // The reminders' own clock, which they look at when they please.
            _reminders.Advance(TimeSpan.FromSeconds(10));
            await moment.WaitForNextTickAsync();
        }

        await served;
        (await Expired(budget)).Should().Equal(Usd(1));
    }

    protected abstract Task<(IJournalStore Journals, IDueIndex Dues)> OpenStores();

    protected abstract void AddReminders(ISiloBuilder silo);

    private Task<BudgetCluster> Start(IJournalStore? journals = null) => BudgetCluster.Start(journals ?? _journals, dues: _index, configure: silo =>
    {
        silo.Services.AddKeyedSingleton<TimeProvider>(ReminderTimeProviderNames.Reminders, _reminders);
        AddReminders(silo);
        silo.AddScheduling();
    });

    private static async Task<IBudgetGrain> OfShard(BudgetCluster cluster, int shard)
    {
        while (true)
        {
            var agent = BudgetCluster.NewAgent();
            if (new Due(default, cluster.Budget(agent).GetGrainId(), "").Shard == shard)
            {
                return await cluster.Open(Usd(100), agent);
            }
        }
    }

    /// <summary>Time passes, and every due of these grains that it reaches has been served.</summary>
    private async Task Pass(BudgetCluster cluster, IAddressable[] grains, TimeSpan time)
    {
        var until = cluster.Clock.GetUtcNow() + time;
        var dues = (await Task.WhenAll(grains.Select(b => _index.Of(b.GetGrainId())))).SelectMany(d => d).Where(d => d.At <= until).ToList();
        dues.Select(d => d.Grain).Distinct().Should().HaveSameCount(grains);
        var served = dues.Select(_index.Served).ToList();
        cluster.Clock.Advance(time);
        await Task.WhenAll(served);
    }

    private static async Task<List<Money>> Expired(IBudgetGrain budget) => [.. (await budget.Ledger()).Where(e => e.Kind == EntryKind.Expire).Select(e => e.Amount)];
}
