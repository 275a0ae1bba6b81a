using System.Collections.Concurrent;
using System.Diagnostics;
using Budgets.Journal;
using Budgets.Payments;
using Budgets.Recharge;
using Budgets.Scheduling;
using Budgets.Tests.Delivery;
using Budgets.Tests.Grains;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans;
using Orleans.Serialization.Invocation;
using static Budgets.Tests.Grains.Persistence;

namespace Budgets.Tests.Payments;

/// <summary>Silos with real recharge grains on real journals, Stripe's real client, a Stripe of the test's, and time that passes when the test says.</summary>
internal sealed class Bank : IAsyncDisposable
{
    private static readonly TimeSpan Hopeless = TimeSpan.FromMinutes(2);

    private readonly BudgetCluster _cluster;
    private readonly IJournalStore _journals;
    private readonly StripePayments _payments;
    private readonly Clocked _clock;

    private Bank(BudgetCluster cluster, IJournalStore journals, FakeStripe stripe, StripePayments payments, Fates fates, Log log, Clocked clock) =>
        (_cluster, _journals, Stripe, _payments, Fates, Logged, _clock) = (cluster, journals, stripe, payments, fates, log, clock);

    public FakeStripe Stripe { get; }

    public Fates Fates { get; }

    public Log Logged { get; }

    public DateTimeOffset Now => _cluster.Clock.GetUtcNow();

    public static PaymentSettings SettingsOf(FakeStripe stripe) => new(FakeStripe.Key, FakeStripe.WebhookSecret, stripe.Address);

    /// <param name="journals">Null: in memory.</param>
    /// <param name="stripe">Null: one of its own.</param>
    /// <param name="payments">Who is asked; null: Stripe.</param>
    public static async Task<Bank> Start(IJournalStore? journals = null, FakeStripe? stripe = null, IPayments? payments = null)
    {
        var (clock, log, fates) = (new Clocked(), new Log(), new Fates());
        journals ??= new MemoryJournalStore();
        stripe ??= await FakeStripe.Start(clock);
        var client = new StripePayments(SettingsOf(stripe));
        var cluster = await BudgetCluster.Start(new FatefulStore(journals, fates), configure: silo =>
        {
            silo.Services.AddSingleton<IPayments>(new FatefulPayments(payments ?? client, fates));
            silo.Services.AddSingleton<ILoggerProvider>(log);
            silo.AddIncomingGrainCallFilter(new Ear(fates));
        });
        clock.Of = cluster.Clock;
        return new Bank(cluster, journals, stripe, client, fates, log, clock);
    }

    public IRechargeGrain Of(AgentId agent) => _cluster.Grains.GetGrain<IRechargeGrain>(agent.Value);

    public Task<PaymentNews> News(string body, string signature) =>
        _cluster.Grains.GetGrain<IPaymentNewsGrain>(0).Take(System.Text.Encoding.UTF8.GetBytes(body), signature);

    public RechargeOrder Order(string? method = FakeStripe.Good, decimal dollars = 25m, AgentId? agent = null, long number = 1)
    {
        var whose = agent ?? BudgetCluster.NewAgent();
        return new RechargeOrder(RechargeId.Of(whose, number), whose, "scribe", Ask.Usd(dollars), Now, method);
    }

    public Task Begin(RechargeOrder order) => UntilKnown(async () =>
    {
        await Of(order.Agent).Begin(order);
        return true;
    });

    public void Advance(TimeSpan time) => _cluster.Clock.Advance(time);

    public Task Deactivate(AgentId agent) => _cluster.Deactivate(Of(agent));

    /// <summary>As the journal has it.</summary>
    public async Task<RechargeState> State(AgentId agent)
    {
        var (snapshot, rows) = await _journals.Open($"recharge/{agent}").Read(default);
        var from = snapshot is null ? new RechargeState(agent) : RechargeCodec.Instance.DecodeState(snapshot.State);
        return rows.SelectMany(r => RechargeCodec.Instance.Decode(r.Events)).Aggregate(from, RechargeFold.Apply);
    }

    /// <summary>Orders it, and sees to it that it ends: what crashes is woken, and time passes whenever there is nothing to do.</summary>
    /// <returns>All that the budget was told.</returns>
    public async Task<List<PaymentReport>> Paid(RechargeOrder order)
    {
        await Begin(order);
        return await Ended(order);
    }

    public async Task<List<PaymentReport>> Ended(RechargeOrder order)
    {
        for (var state = await Settled(order.Agent); state.Open.Any(p => p.Order.Id == order.Id); state = await Settled(order.Agent))
        {
            Advance(state.NextTry()!.Value - Now);
            await Wake(order.Agent);
        }

        return Fates.ToldOf(order.Id);
    }

    /// <summary>Time passes, and whatever has its turn meanwhile is done.</summary>
    public async Task<RechargeState> Pass(AgentId agent, TimeSpan time)
    {
        for (var until = Now + time; Now < until;)
        {
            var next = (await Settled(agent)).NextTry();
            Advance((next < until ? next.Value : until) - Now);
            await Wake(agent);
        }

        return await Settled(agent);
    }

    /// <summary>Nobody has his turn now.</summary>
    public async Task<RechargeState> Settled(AgentId agent)
    {
        var since = Stopwatch.GetTimestamp();
        while (true)
        {
            if (Fates.Takes(agent))
            {
                await Deactivate(agent);
            }

            var state = await State(agent);
            if (state.NextTry() is not { } next || next > Now)
            {
                return state;
            }

            await Wake(agent);
            Stopwatch.GetElapsedTime(since).Should().BeLessThan(Hopeless, $"what is due is done: {state.Open[0]}");
            await Task.Yield();
        }
    }

    public Task Wake(AgentId agent) => UntilKnown(async () =>
    {
        await Of(agent).AsReference<IWakeable>().Wake(new Due(Now, Of(agent).GetGrainId(), "payments"));
        return true;
    });

    public async ValueTask DisposeAsync()
    {
        await _cluster.DisposeAsync();
        _payments.Dispose();
        await Stripe.DisposeAsync();
    }

    /// <summary>The budgets' clock, before there are any.</summary>
    private sealed class Clocked : TimeProvider
    {
        public TimeProvider Of { get; set; } = System;

        public override DateTimeOffset GetUtcNow() => Of.GetUtcNow();
    }
}

/// <summary>Hears what a budget is told; a budget that is told badly throws.</summary>
internal sealed class Ear(Fates fates) : IIncomingGrainCallFilter
{
    public async Task Invoke(IIncomingGrainCallContext context)
    {
        if (context.MethodName != nameof(IBudgetGrain.EndRecharge))
        {
            await context.Invoke();
            return;
        }

        var report = (PaymentReport)context.Request.GetArgument(0)!;
        var agent = new AgentId(context.TargetId.Key.ToString()!);
        var blow = fates.Next(agent, "tell");
        if (blow == Blow.LostBefore)
        {
            throw new StoreUnavailableException("The budget's disk is full.");
        }

        // Whether a budget takes it is for the tests of budgets; here is listened to what it is told.
        fates.Told.Enqueue(report);
        context.Response = Response.Completed;
        if (blow == Blow.LostAfter)
        {
            throw new TimeoutException("The budget did not answer in time.");
        }
    }
}
