namespace Budgets.Client;

/// <summary>The budgets of a cluster, or of the host that this code runs in. Made by <see cref="BudgetsClientExtensions.AddBudgetsClient"/>; safe to use from anywhere at once.</summary>
/// <remarks>
/// There are no keys here. Whoever holds this may spend from every budget: code that uses it is trusted as much as the silos are.
/// Give agents whose code you do not trust an API key and the REST API.
/// </remarks>
public interface IBudgets
{
    /// <summary>The budget of one agent. Asks nobody: whether the agent exists is told by the first answer.</summary>
    /// <exception cref="ArgumentException">This is no agent's id.</exception>
    IBudget For(AgentId agent);
}

/// <summary>Spends from one agent's budget.</summary>
/// <remarks>
/// <para>
/// A refusal is an answer. An exception means that there is no answer: <see cref="OutcomeUnknownException"/> (it may have been done or not; its
/// Key repeats the request, and has one effect), <see cref="StoreUnavailableException"/> and <see cref="OverloadedException"/> (nothing was done),
/// <see cref="JournalCorruptException"/> (stored history contradicts itself; an operator has to look), <see cref="ArgumentException"/> (the request
/// cannot be asked), <see cref="OperationCanceledException"/> (you stopped waiting; what was under way may still be done).
/// </para>
/// <para>
/// Each request is tried again by itself until <see cref="BudgetsClientOptions.Deadline"/>, always with the same key. Do not try it again in a layer
/// around this one, except after <see cref="OutcomeUnknownException"/> and with its key. Give a key of your own to what you may have to repeat after your own process ended.
/// </para>
/// </remarks>
public interface IBudget
{
    AgentId Agent { get; }

    /// <summary>Sets money aside for a spend to come. Dispose of the reservation: what was neither committed nor released is then given back.</summary>
    /// <param name="ttl">After this the reservation ends by itself: whole seconds, 1 to 86,400; null: ten minutes.</param>
    /// <param name="key">Null: one is made.</param>
    /// <param name="approval">A person's permission for this, used up by it; null: none is needed, or it will be refused.</param>
    ValueTask<Answer<Reservation>> Reserve(
        Money amount,
        Purpose? purpose = null,
        TimeSpan? ttl = null,
        IdempotencyKey? key = null,
        ApprovalId? approval = null,
        CancellationToken cancellation = default);

    /// <summary>Sets aside the most that a call to a model can cost, for as long as the call takes. Whoever makes it must end it, whatever becomes of it.</summary>
    /// <param name="call">Its times are set here. An output that it does not bound may be cut to what fits: see <see cref="ModelCall.OutputTokens"/>.</param>
    /// <param name="purpose">The model and the usage are the call's.</param>
    ValueTask<Answer<ModelCall>> BeginCall(
        CallOutline call, Purpose? purpose = null, ApprovalId? approval = null, CancellationToken cancellation = default);

    /// <summary>Spends what a reservation was for. More than it holds is booked too, for the money is gone, and so is what comes after its end.</summary>
    /// <param name="purpose">What is known better than when it was reserved.</param>
    ValueTask<Answer<Receipt>> Commit(
        HoldId reservation, Money amount, Purpose? purpose = null, IdempotencyKey? key = null, CancellationToken cancellation = default);

    /// <summary>Gives a reservation back unspent.</summary>
    ValueTask<Answer<Receipt>> Release(HoldId reservation, IdempotencyKey? key = null, CancellationToken cancellation = default);

    /// <summary>Lets a reservation end later, at most 86,400 seconds from now.</summary>
    /// <param name="by">Whole seconds, 1 to 86,400.</param>
    ValueTask<Answer<Receipt>> Extend(HoldId reservation, TimeSpan by, IdempotencyKey? key = null, CancellationToken cancellation = default);

    /// <summary>Spends at once.</summary>
    /// <param name="occurredAt">When it was spent, for the ledger; it is booked in the windows of now.</param>
    ValueTask<Answer<Receipt>> Charge(
        Money amount,
        Purpose? purpose = null,
        ChargeMode mode = ChargeMode.Enforce,
        DateTimeOffset? occurredAt = null,
        IdempotencyKey? key = null,
        ApprovalId? approval = null,
        CancellationToken cancellation = default);

    /// <summary>What <see cref="Reserve"/> would be answered now; changes nothing.</summary>
    ValueTask<Foresight> Decide(Money amount, CancellationToken cancellation = default);

    /// <summary>What was spent in a period, and how the budget stands. Null: there is no such agent.</summary>
    ValueTask<UsageView?> Usage(UsagePeriod period, CancellationToken cancellation = default);
}
