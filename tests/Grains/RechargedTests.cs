using System.Collections.Concurrent;
using Budgets.Journal;
using Budgets.Ledger;
using Budgets.Recharge;
using Budgets.Scheduling;
using Microsoft.Extensions.DependencyInjection;
using Orleans;
using static Budgets.Tests.Grains.Ask;
using static Budgets.Tests.Grains.Persistence;

namespace Budgets.Tests.Grains;

/// <summary>A budget that recharges itself, with the grain that sees to its payments and a provider that counts them.</summary>
public sealed class RechargedTests
{
    private const int Crowd = 1_000;

    private readonly Till _till = new();

    [Fact]
    public async Task A_thousand_charges_at_once_that_cross_the_threshold_order_and_pay_one_recharge()
    {
        await using var cluster = await Start(new MemoryJournalStore());
        var (agent, budget) = await Prepaid(cluster, credits: 500);

        var outcomes = await Task.WhenAll(Enumerable.Range(0, Crowd).Select(_ => Task.Run(() => budget.Charge(Charge(0.4999m)).AsTask())));

        outcomes.Should().OnlyContain(o => o.Outcome == Outcome.Accepted, "$499.90 of $500");
        await UntilPaid(cluster, agent, budget);
        _till.Of(agent).Should().ContainSingle();
        var view = (await budget.GetRecharge())!;
        (view.ThisMonth, view.Wallet!.Balance).Should().Be((1, Usd(100.1m)));
        var ledger = await budget.Ledger();
        Balance(ledger).Should().Be(Usd(100.1m));
        ledger.Where(e => e.Kind == EntryKind.Recharge).Should().HaveCount(2, "ordered and paid");
    }

    /// <summary>Every append of the budget and of its payments, from the spend that crosses the threshold to the credit, is struck once before it is written and once after.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Wherever_a_process_dies_there_is_one_payment_and_one_credit(bool isWritten)
    {
        var store = new StruckStore(new MemoryJournalStore(), isWritten);
        await using var cluster = await Start(store);
        var points = 0;
        for (var isStruck = true; isStruck; points++)
        {
            var (agent, budget) = await Prepaid(cluster, credits: 100);
            store.Strike(agent, points);
            var spend = Charge(95, "spend");

            (await UntilKnown(async () => await budget.Charge(spend))).Outcome.Should().Be(Outcome.Accepted);
            await UntilPaid(cluster, agent, budget);

            isStruck = store.IsStruck;
            _till.Of(agent).Should().ContainSingle($"append {points}");
            var view = (await UntilKnown(async () => await budget.GetRecharge()))!;
            (view.ThisMonth, view.Wallet!.Balance).Should().Be((1, Usd(105)), $"append {points}");
            Balance(await UntilKnown(async () => await budget.Ledger())).Should().Be(Usd(105));

            // Whoever saw to the payment tells it again, having forgotten that it did.
            var paid = view.History[0];
            await UntilKnown(async () =>
            {
                await budget.EndRecharge(new PaymentReport(paid.Id, PaymentStatus.Succeeded, "simulated", paid.Payment, Usd(100), null, cluster.Clock.GetUtcNow()));
                return true;
            });
            (await UntilKnown(async () => await budget.GetBudget()))!.Wallet!.Balance.Should().Be(Usd(105));
        }

        points.Should().BeGreaterThan(5, "the spend with its order, the order taken, its steps at the payments, its end");
    }

    [Fact]
    public async Task A_recharge_that_was_given_up_and_succeeded_after_all_is_credited_and_stays_paused()
    {
        await using var cluster = await Start(new MemoryJournalStore());
        var (agent, budget) = await Prepaid(cluster, credits: 100, method: SimulatedPayments.Declined);
        await budget.Charge(Charge(95));
        var view = await Until(budget, v => v.Pause is not null, () => Wake(cluster, agent));
        (view.History[0].Status, view.Wallet!.Balance).Should().Be((PaymentStatus.Declined, Usd(5)));

        await budget.EndRecharge(new PaymentReport(view.History[0].Id, PaymentStatus.Succeeded, "simulated", "sim", Usd(100), null, cluster.Clock.GetUtcNow()));

        view = (await budget.GetRecharge())!;
        (view.History[0].Status, view.Wallet!.Balance, view.Pause!.Reason).Should().Be((PaymentStatus.Succeeded, Usd(105), RechargePauseReason.Failed));
        await budget.Invoking(b => b.EndRecharge(new PaymentReport(RechargeId.Of(agent, 2), PaymentStatus.Succeeded, "simulated", "sim", Usd(100), null, cluster.Clock.GetUtcNow())))
            .Should().ThrowAsync<ArgumentException>();
    }

    [Fact]
    public async Task Descendants_never_overdraw_the_roots_balance_and_use_it_to_the_last_cent()
    {
        await using var cluster = await Start(new MemoryJournalStore());
        var root = BudgetCluster.NewAgent();
        await cluster.Open(Usd(1_000_000), root);
        await cluster.Budget(root).Credit(new CreditRequest("operator", Usd(100), CreditSource.Payment, null, new IdempotencyKey("c")));
        var children = new List<IBudgetGrain>();
        for (var i = 0; i < 5; i++)
        {
            var child = BudgetCluster.NewAgent();
            var agreed = await cluster.Grains.GetGrain<IAllocationTreeGrain>(root.Value).Agree(new AgreeRequest(child, "operator", new ChildTerms($"child {i}", OverrunPolicy.Block)));
            agreed.Result.Should().Be(ConfigureResult.Done);
            await cluster.Budget(child).Open(new OpenRequest($"child {i}", "operator", "UTC", IsoDayOfWeek.Monday, root, null));
            children.Add(cluster.Budget(child));
        }

        var outcomes = await Task.WhenAll(Enumerable.Range(0, 500).Select(i => Task.Run(() => children[i % 5].Charge(Charge(0.5m)).AsTask())));

        outcomes.Count(o => o.Outcome == Outcome.Accepted).Should().Be(200, "$100 in halves");
        outcomes.Where(o => o.Receipt is null).Should().OnlyContain(o => o.Outcome == Outcome.InsufficientBalance && o.Refusal!.RefusedBy == root);
        var wallet = (await cluster.Budget(root).GetBudget())!.Wallet!;
        wallet.Available.Should().Be(Money.Zero);
        await cluster.Budget(root).Credit(new CreditRequest("operator", Usd(1), CreditSource.Payment, null, new IdempotencyKey("d")));
        (await children[0].Charge(Charge(1))).Outcome.Should().Be(Outcome.Accepted, "what is credited is there for descendants at once");
    }

    private async Task<BudgetCluster> Start(IJournalStore store) => await BudgetCluster.Start(store, configure: silo => silo.Services.AddSingleton<IPayments>(_till));

    private static async Task<(AgentId Agent, IBudgetGrain Budget)> Prepaid(BudgetCluster cluster, decimal credits, string? method = null)
    {
        var agent = BudgetCluster.NewAgent();
        var budget = await cluster.Open(Usd(1_000_000), agent);
        (await budget.Credit(new CreditRequest("operator", Usd(credits), CreditSource.Manual, null, new IdempotencyKey("credits")))).Outcome.Should().Be(Outcome.Accepted);
        var set = await budget.SetRecharge(new RechargeRequest(
            "operator", true, Amount: Usd(100), TriggerThreshold: Change.To<Money?>(Usd(10)), PaymentMethod: Change.To<string?>(method)));
        set.Result.Should().Be(ConfigureResult.Done);
        return (agent, budget);
    }

    private static Money Balance(IEnumerable<LedgerEntry> ledger) => ledger.Aggregate(Money.Zero, (sum, e) => e.Kind switch
    {
        EntryKind.Credit or EntryKind.Correction or EntryKind.Recharge => sum + e.Amount,
        EntryKind.Charge or EntryKind.Settle => sum - e.Amount,
        _ => sum,
    });

    private static Task<RechargeView> UntilPaid(BudgetCluster cluster, AgentId agent, IBudgetGrain budget) =>
        Until(budget, v => v.History is [{ Status: PaymentStatus.Succeeded }, ..], () => Wake(cluster, agent));

    /// <summary>Looks again, and has both woken as a scheduler would, until it is so.</summary>
    private static async Task<RechargeView> Until(IBudgetGrain budget, Func<RechargeView, bool> isSo, Func<Task> wake)
    {
        using var pause = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        for (var looks = 0; looks < 4_000; looks++)
        {
            if ((await UntilKnown(async () => await budget.GetRecharge())) is { } view && isSo(view))
            {
                return view;
            }

            await pause.WaitForNextTickAsync();
            await wake();
        }

        throw new TimeoutException("It never was.");
    }

    private static async Task Wake(BudgetCluster cluster, AgentId agent)
    {
        cluster.Clock.Advance(TimeSpan.FromSeconds(1));
        foreach (var grain in (IAddressable[])[cluster.Budget(agent), cluster.Grains.GetGrain<IRechargeGrain>(agent.Value)])
        {
            await UntilKnown(async () =>
            {
                await grain.AsReference<IWakeable>().Wake(new Due(cluster.Clock.GetUtcNow(), grain.GetGrainId(), "wake"));
                return true;
            });
        }
    }

    /// <summary>The simulation, and what it took from whom.</summary>
    private sealed class Till : IPayments
    {
        private readonly SimulatedPayments _payments = new();
        private readonly ConcurrentDictionary<string, AgentId> _taken = new();

        public string Name => _payments.Name;

        public IReadOnlyList<string> Of(AgentId agent) => [.. _taken.Where(t => t.Value == agent).Select(t => t.Key)];

        public Task<PaymentAnswer> Create(RechargeOrder order, int tries, CancellationToken cancellation) => _payments.Create(order, tries, cancellation);

        public async Task<PaymentAnswer> Confirm(string payment, RechargeOrder order, CancellationToken cancellation)
        {
            var answer = await _payments.Confirm(payment, order, cancellation);
            if (answer.Standing == PaymentStanding.Succeeded)
            {
                _taken[payment] = order.Agent;
            }

            return answer;
        }

        public Task<PaymentAnswer> Retrieve(string payment, CancellationToken cancellation) => _payments.Retrieve(payment, cancellation);

        public Task<PaymentAnswer> Cancel(string payment, CancellationToken cancellation) => _payments.Cancel(payment, cancellation);

        public ValueTask<string?> FaultOf(string? paymentMethod, CancellationToken cancellation) => _payments.FaultOf(paymentMethod, cancellation);

        public PaymentHint Read(ReadOnlySpan<byte> body, string signature, DateTimeOffset now) => _payments.Read(body, signature, now);
    }

    /// <summary>Of one agent's appends one fails, before or after it is written; its activation gives up, as if its process had died there.</summary>
    private sealed class StruckStore(IJournalStore store, bool isWritten) : Decorated(store)
    {
        private readonly Lock _lock = new();
        private AgentId _agent;
        private int _left;

        public bool IsStruck
        {
            get
            {
                lock (_lock)
                {
                    return _left < 0;
                }
            }
        }

        public void Strike(AgentId agent, int after)
        {
            lock (_lock)
            {
                (_agent, _left) = (agent, after);
            }
        }

        protected override async ValueTask<bool> Append(string name, IJournal journal, Append append)
        {
            var isNow = IsNow(name);
            if (isNow && !isWritten)
            {
                throw new StoreUnavailableException("Before the write.");
            }

            var fits = await base.Append(name, journal, append);
            return isNow ? throw new IOException("After the write.") : fits;
        }

        private bool IsNow(string name)
        {
            lock (_lock)
            {
                return _agent.Value is { } agent && name.EndsWith(agent, StringComparison.Ordinal) && _left-- == 0;
            }
        }
    }
}
