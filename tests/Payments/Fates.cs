using System.Collections.Concurrent;
using Budgets.Journal;
using Budgets.Recharge;
using Budgets.Tests.Grains;

namespace Budgets.Tests.Payments;

/// <summary>What befalls one append, one call of the provider, or one word to the budget.</summary>
internal enum Blow
{
    None = 0,

    /// <summary>It has no effect, and whoever asked for it is gone.</summary>
    CrashBefore,

    /// <summary>It has its effect, and whoever asked for it is gone.</summary>
    CrashAfter,

    /// <summary>It has no effect, and no answer.</summary>
    LostBefore,

    /// <summary>It has its effect, and no answer.</summary>
    LostAfter,
}

/// <summary>Counts, for each agent, the places where something can go wrong, and says what does.</summary>
internal sealed class Fates
{
    /// <summary>What can befall each kind of place. An append that is not answered ends its activation; a budget that is told lives elsewhere.</summary>
    private static readonly Dictionary<string, Blow[]> s_blows = new()
    {
        ["append"] = [Blow.CrashBefore, Blow.CrashAfter, Blow.LostBefore],
        ["call"] = [Blow.CrashBefore, Blow.CrashAfter, Blow.LostBefore, Blow.LostAfter],
        ["tell"] = [Blow.LostBefore, Blow.LostAfter],
    };

    private readonly ConcurrentDictionary<AgentId, ConcurrentQueue<string>> _places = new();
    private readonly ConcurrentDictionary<AgentId, IReadOnlyDictionary<int, Blow>> _plans = new();
    private readonly ConcurrentDictionary<AgentId, bool> _taken = new();

    public ConcurrentQueue<PaymentReport> Told { get; } = new();

    public List<PaymentReport> ToldOf(RechargeId recharge) => [.. Told.Where(r => r.Recharge == recharge)];

    public void Plan(AgentId agent, params (int Place, Blow Blow)[] blows) => _plans[agent] = blows.ToDictionary(b => b.Place, b => b.Blow);

    /// <summary>The places that an agent has passed, in order: "append", "call create", "tell".</summary>
    public IReadOnlyList<string> PlacesOf(AgentId agent) => [.. _places.GetValueOrDefault(agent) ?? []];

    public static IEnumerable<Blow> BlowsAt(string place) => s_blows[place.Split(' ')[0]];

    public Blow Next(AgentId agent, string place)
    {
        var places = _places.GetOrAdd(agent, _ => new());
        places.Enqueue(place);
        return _plans.GetValueOrDefault(agent)?.GetValueOrDefault(places.Count - 1) ?? Blow.None;
    }

    /// <summary>The activation of this agent's recharges is to go.</summary>
    public void Take(AgentId agent) => _taken[agent] = true;

    /// <summary>Whether it is to go; asked once.</summary>
    public bool Takes(AgentId agent) => _taken.TryRemove(agent, out _);
}

/// <summary>A store whose appends of payments are struck.</summary>
internal sealed class FatefulStore(IJournalStore store, Fates fates) : IJournalStore
{
    private const string Prefix = "recharge/";

    public IJournal Open(string name) => name.StartsWith(Prefix, StringComparison.Ordinal)
        ? new Struck(store, new AgentId(name[Prefix.Length..]), fates).Open(name)
        : store.Open(name);

    private sealed class Struck(IJournalStore store, AgentId agent, Fates fates) : Decorated(store)
    {
        protected override async ValueTask<bool> Append(IJournal journal, Append append)
        {
            switch (fates.Next(agent, "append"))
            {
                case Blow.CrashBefore:
                    throw new StoreUnavailableException("Before the write.");
                case Blow.LostBefore:
                    return false;
                case Blow.CrashAfter:
                    await base.Append(journal, append);
                    throw new IOException("After the write.");
                default:
                    return await base.Append(journal, append);
            }
        }
    }
}

/// <summary>The real provider's client, whose calls are struck.</summary>
internal sealed class FatefulPayments(IPayments payments, Fates fates) : IPayments
{
    private readonly ConcurrentDictionary<string, AgentId> _agents = new();

    public string Name => payments.Name;

    public Task<PaymentAnswer> Create(RechargeOrder order, int tries, CancellationToken cancellation) => Strike(
        order.Agent,
        "create",
        async c =>
        {
            var answer = await payments.Create(order, tries, c);
            if (answer.Payment is { } payment)
            {
                _agents[payment] = order.Agent;
            }

            return answer;
        },
        cancellation);

    public Task<PaymentAnswer> Confirm(string payment, RechargeOrder order, CancellationToken cancellation) =>
        Strike(order.Agent, "confirm", c => payments.Confirm(payment, order, c), cancellation);

    public Task<PaymentAnswer> Retrieve(string payment, CancellationToken cancellation) => Strike(_agents[payment], "retrieve", c => payments.Retrieve(payment, c), cancellation);

    public Task<PaymentAnswer> Cancel(string payment, CancellationToken cancellation) => Strike(_agents[payment], "cancel", c => payments.Cancel(payment, c), cancellation);

    public ValueTask<string?> FaultOf(string? paymentMethod, CancellationToken cancellation) => payments.FaultOf(paymentMethod, cancellation);

    public PaymentHint Read(ReadOnlySpan<byte> body, string signature, DateTimeOffset now) => payments.Read(body, signature, now);

    private async Task<PaymentAnswer> Strike(AgentId agent, string what, Func<CancellationToken, Task<PaymentAnswer>> call, CancellationToken cancellation)
    {
        var blow = fates.Next(agent, $"call {what}");
        if (blow == Blow.LostBefore)
        {
            return new PaymentAnswer(PaymentStanding.Unanswered, Reason: "Lost on the way.");
        }

        var answer = blow == Blow.CrashBefore ? null : await call(cancellation);
        if (blow is Blow.CrashBefore or Blow.CrashAfter)
        {
            // The walk stands here until its activation is gone, and never sees the answer.
            var gone = new TaskCompletionSource<PaymentAnswer>();
            await using (cancellation.Register(() => gone.TrySetCanceled(cancellation)))
            {
                fates.Take(agent);
                return await gone.Task;
            }
        }

        return blow == Blow.LostAfter ? new PaymentAnswer(PaymentStanding.Unanswered, Reason: "Lost on the way back.") : answer!;
    }
}
