using System.Collections.Immutable;
using System.Globalization;
using Budgets.Ledger;

namespace Budgets.Tests.Ledger;

/// <summary>A budget on paper: what the grain does with the ledger, without a grain. Every entry is folded, and the whole book folded again from its first page.</summary>
/// <remarks>Amounts are dollars, times ISO 8601, ids short names. An agent is opened on Wednesday 4 March 2026 at 10:00 UTC unless told otherwise.</remarks>
public sealed class Passbook
{
    public static readonly AgentId Agent = new("agent_0123456789abcdefghij");

    private readonly List<BudgetEvent> _entries = [];
    private int _keys;

    private Passbook(DateTimeOffset clock) => Clock = clock;

    public BudgetState State { get; private set; } = new(Agent);

    public DateTimeOffset Clock { get; private set; }

    public IReadOnlyList<BudgetEvent> Entries => _entries;

    /// <summary>What the last accepted request told its caller.</summary>
    public Receipt Receipt => Receipts.Of(_entries.Last(Receipts.IsAnswer), 0);

    /// <summary>The budget brought up to the clock.</summary>
    public BudgetState Now => State.At(Clock).State;

    /// <summary>Spent and held, in dollars, of the current window.</summary>
    public (decimal Spent, decimal Held) this[LimitType type] => (Now.Current(type).Spent.InDollars, Now.Current(type).Held.InDollars);

    public static Money Usd(decimal dollars) => Money.FromDollars(dollars);

    public static DateTimeOffset Utc(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);

    /// <summary>No agent was ever opened.</summary>
    public static Passbook Blank() => new(Utc("2026-03-04T10:00Z"));

    public static Passbook Of(
        Limits? own = null, Limits? above = null, string zone = "UTC", IsoDayOfWeek weekStart = IsoDayOfWeek.Monday, string at = "2026-03-04T10:00Z", int[]? alerts = null)
    {
        var book = new Passbook(Utc(at));
        book.Enter([new Opened(book.Clock, "operator", "scribe", null, zone, weekStart, Rollover.At(book.Clock, zone, weekStart))]);
        book.Enter([new Configured(book.Clock, "operator", above ?? Limits.None, own ?? Limits.None, zone, weekStart, new AlertSettings([.. alerts ?? []], null), null)]);
        return book;
    }

    public static Passbook Daily(decimal limit) => Of(new Limits(Daily: Usd(limit)));

    public Passbook At(string time) => At(Utc(time));

    /// <summary>Sets the clock, forward or back.</summary>
    public Passbook At(DateTimeOffset time)
    {
        Clock = time;
        return this;
    }

    public Passbook Later(double seconds) => At(Clock.AddSeconds(seconds));

    /// <summary>The state forgets all keys and holds' ends, as it does with old ones.</summary>
    public Passbook Forgetting()
    {
        State = State with { Memory = Memory.Empty };
        return this;
    }

    /// <summary>Makes a state that would take thousands of entries to reach.</summary>
    public Passbook With(Func<BudgetState, BudgetState> change)
    {
        State = change(State);
        return this;
    }

    public Decision Charge(
        decimal dollars, string? key = null, ChargeMode mode = ChargeMode.Enforce, Purpose? purpose = null, Recalled recalled = default, PriceTag? price = null) =>
        Enter(Charging.Charge(State, new ChargeRequest(new ChargeId("chg_"), Usd(dollars), purpose ?? Purpose.None, Key(key), mode, null, price), Clock, recalled));

    public Decision Hold(
        decimal dollars, string id = "h", int ttl = 600, string? key = null, Purpose? purpose = null, Recalled recalled = default, PriceTag? price = null, bool booksItself = false) =>
        Enter(Holding.Hold(State, new HoldRequest(new HoldId(id), Usd(dollars), purpose ?? Purpose.None, Key(key), ttl, price, BooksItself: booksItself ? true : null), Clock, recalled));

    public Decision Settle(decimal dollars, string id = "h", string? key = null, Purpose? purpose = null, Recalled recalled = default, PriceTag? price = null) =>
        Enter(Settling.Settle(
            State, new SettleRequest(new HoldId(id), Usd(dollars), purpose ?? Purpose.None, key is null ? null : Key(key), price), Clock, recalled));

    public Decision Release(string id = "h", string? key = null, Recalled recalled = default) =>
        Enter(Settling.Release(State, new ReleaseRequest(new HoldId(id), key is null ? null : Key(key)), Clock, recalled));

    public Decision Extend(int seconds, string id = "h", string? key = null, Recalled recalled = default) =>
        Enter(Holding.Extend(State, new ExtendRequest(new HoldId(id), seconds, key is null ? null : Key(key)), Clock, recalled));

    public Decision Credit(decimal dollars, string? key = null, CreditSource source = CreditSource.Manual, string by = "operator", string? note = null) =>
        Enter(Crediting.Credit(State, new CreditRequest(by, Usd(dollars), source, note, Key(key)), Clock));

    public ConfigureOutcome Recharge(Func<RechargeRequest, RechargeRequest> change, string by = "operator") => Govern(s => RechargeSetting.Set(s, change(new RechargeRequest(by, true))));

    public ConfigureOutcome Resume(int? additional = null) => Govern(s => Recharging.Resume(s, new ResumeRequest("operator", additional)));

    /// <summary>What has become of a recharge is told.</summary>
    public Passbook End(long number, PaymentStatus status = PaymentStatus.Succeeded, decimal dollars = 100, string? reason = null)
    {
        Enter(Recharging.End(State, Report(number, status, dollars, reason), Clock, before: null));
        return this;
    }

    public PaymentReport Report(long number, PaymentStatus status = PaymentStatus.Succeeded, decimal dollars = 100, string? reason = null) =>
        new(RechargeId.Of(Agent, number), status, "simulated", $"sim_{number}", Usd(dollars), reason, Clock);

    /// <summary>The budget is woken.</summary>
    public void Wake() => Enter(State.Unasked(Clock).Events);

    public Foresight Foresee(decimal dollars) => Holding.Foresee(State, Usd(dollars), Clock);

    public Foresight Foresee(decimal dollars, PriceTag? price) =>
        Holding.Foresee(State, new HoldRequest(new HoldId("h"), Usd(dollars), Purpose.None, new IdempotencyKey("k"), 600, price), Clock);

    public ConfigureOutcome Configure(ConfigureRequest request) => Govern(s => Configuring.Configure(s, request));

    /// <summary>The agent's own layer, by a manage key.</summary>
    public ConfigureOutcome Configure(Func<ConfigureRequest, ConfigureRequest> change) => Configure(change(new ConfigureRequest(Layer.Own, "agent:manage", false)));

    public ConfigureResult Freeze(string reason = "by hand") => Govern(s => Governing.Freeze(s, new FreezeRequest("operator", reason))).Result;

    public ConfigureResult Unfreeze() => Govern(s => Governing.Unfreeze(s, "operator")).Result;

    public ConfigureResult Close() => Govern(s => Governing.Close(s, "operator")).Result;

    public ConfigureOutcome Govern(Func<BudgetState, (ConfigureOutcome Outcome, ImmutableArray<BudgetEvent> Happened)> verb)
    {
        var (now, elapsed) = State.At(Clock);
        var (outcome, happened) = verb(now);
        Enter(happened.IsEmpty ? [] : elapsed.AddRange(happened));
        return outcome;
    }

    public ApprovalOutcome Approve(Func<BudgetState, (ApprovalOutcome Outcome, ImmutableArray<BudgetEvent> Happened)> verb)
    {
        var (now, elapsed) = State.At(Clock);
        var (outcome, happened) = verb(now);
        Enter(happened.IsEmpty ? [] : elapsed.AddRange(happened));
        return outcome;
    }

    /// <summary>A hold, or a charge, that names an approval.</summary>
    public Decision Spend(ApprovalId? approval, string operation, decimal dollars, string? key = null, bool charge = false) => Enter(charge
        ? Charging.Charge(State, new ChargeRequest(new ChargeId("chg_"), Usd(dollars), Purpose.None with { Operation = operation }, Key(key), Approval: approval), Clock)
        : Holding.Hold(State, new HoldRequest(new HoldId(State.Holds.IsEmpty ? "h" : $"h{State.Seq}"), Usd(dollars), Purpose.None with { Operation = operation }, Key(key), 600, Approval: approval), Clock));

    private IdempotencyKey Key(string? key) => new(key ?? $"key-{++_keys}");

    /// <summary>Those who deliver have taken the alerts up to a number.</summary>
    public void Take(long upTo) => Enter([new AlertsTaken(Clock, upTo)]);

    public void Take(Decision decision) => Enter(decision);

    // As the teller does: what is to be told is entered with what it is about.
    private Decision Enter(Decision decision)
    {
        Enter(decision.Events);
        if (decision is { Outcome: Outcome.BudgetExceeded, Refusal: { } refusal })
        {
            Write(Alerting.Refused(State, refusal, Clock));
        }

        return decision;
    }

    private void Enter(ImmutableArray<BudgetEvent> events)
    {
        var before = State;
        Write(events);
        var recharging = events.IsEmpty ? [] : Recharging.After(State);
        Write(recharging);
        Write(Alerting.After(before, State, events.AddRange(recharging)));
    }

    private void Write(ImmutableArray<BudgetEvent> events)
    {
        _entries.AddRange(events);
        State = events.Aggregate(State, Fold.Apply);
    }

    /// <summary>The book read again from its first page; differs from <see cref="State"/> only in what a test put there by hand.</summary>
    public BudgetState ReadAgain() => _entries.Aggregate(new BudgetState(Agent), Fold.Apply);
}
