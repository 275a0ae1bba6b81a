using System.Collections.Immutable;
using Budgets.Budgets;
using Budgets.Ledger;

namespace Budgets.Trees;

/// <summary>The dealings of one budget with its parent's tree, on which it draws, and with its own, which draws on it.</summary>
/// <param name="clock">Read once for each decision.</param>
/// <param name="parent">Says something to the tree of the parent.</param>
/// <param name="recall">Has the budget's own tree give back what its children do not need.</param>
/// <param name="foresee">Asks the parent's budget what it, and those above it, leave.</param>
internal sealed class Family(
    Teller teller, Func<DateTimeOffset> clock, Func<AgentId, DrawReport, ValueTask<DrawAnswer>> parent, Func<ValueTask<ImmutableArray<DrawReport>>> recall,
    Func<AgentId, Money, ValueTask<Foresight>>? foresee = null) : ITaker
{
    /// <summary>A budget is asked again as often as others take what was set aside for it; more often than this is no coincidence.</summary>
    private const int MostTries = 64;

    private Drawer? _drawer;
    private readonly Recalls _recalls = new();
    private readonly Dictionary<long, Overtaken> _overtaken = [];
    private int _short;

    private Drawer Drawer => _drawer ??= new Drawer(this);

    private BudgetState State => teller.State;

    ImmutableArray<Draw> ITaker.Draws => State.Draws;

    DateTimeOffset ITaker.Now => clock() is var now && now > State.Now ? now : State.Now;

    private DateTimeOffset Now => ((ITaker)this).Now;

    void ITaker.Record(Asked asked) => teller.Record([.. Elapsed(), new DrawAsked(Now, asked)]);

    void ITaker.Record(Answered answered) => teller.Record([.. Elapsed(), new DrawAnswered(Now, answered)]);

    ValueTask ITaker.Durable() => teller.Durable();

    ValueTask<DrawAnswer> ITaker.Tell(DrawReport report) => parent(State.Terms.Parent!.Value, report);

    /// <summary>False: more can be found, above or with the children, before this is the answer.</summary>
    public bool IsFinal(Decision decision) => IsFinal(decision, _recalls.Begun);

    private bool IsFinal(Decision decision, long since) => decision.Short == Money.Zero && (!decision.Outcome.IsWantOfMoney() || AreRecalled(since));

    /// <summary>Decides again once enough is set aside above, or the children have given back what they do not need.</summary>
    /// <param name="key">Looked up anew for each try: it may have been accepted meanwhile.</param>
    public async ValueTask<SpendOutcome> Spend(Money amount, IdempotencyKey key, Func<Recalled, Decision> decide)
    {
        var since = _recalls.Begun;
        using var waiting = new Waiting(this);
        using var turn = new Drawer.Turn(Drawer);
        DrawAnswer? refused = null;
        for (var tries = 0; tries < MostTries; tries++)
        {
            var decision = decide(await teller.Recall(key));
            if (IsFinal(decision, since))
            {
                var transaction = teller.Transact(decision);
                turn.Pass();
                return await transaction;
            }

            if (decision.Short == Money.Zero)
            {
                // What was drawn for it may be gone when the recall has come to its end, and a refusal was not of that.
                turn.Pass();
                refused = null;
                waiting.Begin();
                await Recalled(since);
            }
            else if (refused is null)
            {
                refused = await More(new Wanted(amount, amount), turn) is { Outcome: not Outcome.Accepted } no ? no : null;
            }
            else if (!AreRecalled(_recalls.Parted))
            {
                // The children have had a part of what was granted, which he may be short of: what none of them takes of it is his.
                await Recalled(_recalls.Parted);
            }
            else
            {
                // What was granted and is not enough is back before anybody hears of the refusal.
                turn.Dispose();
                await GiveBack();
                await teller.Durable();
                return new SpendOutcome(refused.Outcome, null, refused.Refusal is { } refusal ? refusal.For(amount, amount - decision.Short) : decision.Refusal);
            }
        }

        throw new OverloadedException($"What was set aside for {State.Agent} was spent by others again and again.");
    }

    /// <summary>What <see cref="Spend"/> or <see cref="Lend"/> would find now, here and further up. What descendants do not need is given back first, as it would be then.</summary>
    /// <param name="own">What the budget's own limits say, as it stands.</param>
    public async ValueTask<Foresight> Foresee(Money amount, Func<Foresight> own)
    {
        var here = own();
        if (here.Outcome.IsWantOfMoney())
        {
            await Recalled();
            here = own();
        }

        if (here.Outcome != Outcome.Accepted || State.Terms.Parent is not { } parent)
        {
            return here;
        }

        var above = await foresee!(parent, Money.Max(Money.Zero, amount - State.Draws.At(Now).Room));
        var fits = above.LargestThatFits + State.Draws.At(Now).Room;
        return new Foresight(
            above.Outcome,
            above.Refusal is { } refusal ? refusal with { Requested = amount } : null,
            fits < here.LargestThatFits || here.LargestThatFits is null ? fits : here.LargestThatFits,
            above.Outcome == Outcome.Accepted ? here.Warnings : []);
    }

    /// <summary>The agent's own tree reports about one of its draws, and may need more.</summary>
    public async ValueTask<DrawAnswer> Lend(DrawReport report)
    {
        teller.Ready();
        TreeMetrics.Reported(State.Terms.Parent is null ? "root" : "budget");
        var since = _recalls.Begun;
        var tried = default(Tried);
        using var waiting = new Waiting(this);
        using var turn = new Drawer.Turn(Drawer);
        for (var tries = 0; tries < MostTries; tries++)
        {
            tried = tried with { IsRecalled = AreRecalled(since), IsScarce = _short > 0 || _recalls.IsUnderWay, Overtaken = _overtaken.Of(report.Number) };
            var (lend, events) = Lending.Lend(State, report, clock(), tried);
            if (lend.Answer is { } answer)
            {
                if (lend.Loan is not null)
                {
                    _overtaken.Remove(report.Number);
                    teller.Record(events);
                }

                if (lend.IsPart)
                {
                    _recalls.Part();
                }

                if (answer.Outcome == Outcome.BudgetExceeded)
                {
                    teller.Refused(answer.Refusal);
                }

                turn.Dispose();
                await teller.Durable();
                await GiveBack();
                return answer;
            }

            if (lend.IsShortOfLimit)
            {
                turn.Pass();
                tried = tried with { Above = null, Asked = null };
                waiting.Begin();
                await Recalled(since);
            }
            else
            {
                tried = tried with { Above = await More(lend.Above, turn) is { Outcome: not Outcome.Accepted } no ? no : null, Asked = lend.Above.Need };
            }
        }

        throw new OverloadedException($"What was set aside for the children of {State.Agent} was spent by others again and again.");
    }

    /// <summary>The parent's tree asks for all that this budget and its descendants do not need.</summary>
    public async ValueTask<ImmutableArray<DrawReport>> Recall()
    {
        teller.Ready();

        // What has expired is not needed; the draw says so only once it is written.
        teller.Record(Elapsed());

        // Before the descendants are asked, and after: what they give back meanwhile must not be handed out again.
        var reports = await Drawer.Recall();
        await Recalled();
        reports = [.. reports, .. await Drawer.Recall(reports)];
        await teller.Durable();
        return reports;
    }

    /// <summary>The subtree has given back what it does not need. Cheap where nobody can have anything over.</summary>
    public Task Recalled() => Recalled(_recalls.Begun);

    private Task Recalled(long since) => AreRecalled(since) ? Task.CompletedTask : _recalls.After(Math.Max(since, _recalls.Parted), RecallOnce);

    /// <summary>The descendants have given back what they did not need at some instant since then, or cannot have anything over.</summary>
    private bool AreRecalled(long since) => _recalls.Done > Math.Max(since, _recalls.Parted) || !State.Loans.Any(l => l.MayHaveRest);

    /// <summary>A change that may leave descendants less than they have set aside: it binds all of them before it is answered, and repeating it makes up for a recall that failed.</summary>
    public async Task<ConfigureOutcome> Binding(Task<ConfigureOutcome> change)
    {
        var outcome = await change;
        await Recalled();
        return outcome;
    }

    public bool HasRelatives => State.Terms.Parent is not null || !State.Loans.IsEmpty;

    /// <summary>A settlement, a release, or a report of money already spent: what it frees or overruns is known above before it is answered.</summary>
    public async ValueTask<SpendOutcome> Freeing(ValueTask<SpendOutcome> transaction)
    {
        var outcome = await transaction;
        await GiveBack();
        return outcome;
    }

    /// <summary>What is not needed goes back at once if money is short above; what was spent beyond a draw is told at once.</summary>
    public async ValueTask GiveBack()
    {
        if (State.Draws.Any(d => d.Used > d.Granted || (d.Room > Money.Zero && (d.IsExact || d.IsOver(Now)))))
        {
            await Drawer.Tell(isIdle: false);
        }
    }

    /// <summary>A budget that was woken, and sleeps again before the next beat: what was spent meanwhile is known above, too.</summary>
    public async ValueTask TellSpent()
    {
        if (State.Draws.Any(d => d.Told != d.Spent))
        {
            await Drawer.Tell(isIdle: false);
        }

        await GiveBack();
    }

    /// <summary>Every few seconds, while there is something to say: what was spent goes up; what an idle agent does not need goes back; a tree that went silent is asked.</summary>
    public async ValueTask Beat()
    {
        if (State.Loans.Any(l => l.Outstanding > Money.Zero && Now - l.HeardAt > Loan.Silence))
        {
            await Recalled();
        }

        await Drawer.Beat();
    }

    private async Task RecallOnce()
    {
        TreeMetrics.Recalled();

        // Answers go first, as in the tree.
        await teller.Durable();
        foreach (var report in await recall())
        {
            var (lend, events) = Lending.Lend(State, report, clock(), new Tried(IsRecalled: true));
            if (lend.Loan is not null)
            {
                _overtaken.Note(report.Number, report);
                teller.Record(events);
            }
        }
    }

    /// <summary>An exception of each caller's own: nothing was spent, and the same key may ask again.</summary>
    private async ValueTask<DrawAnswer> More(Wanted wanted, Drawer.Turn turn)
    {
        try
        {
            return await Drawer.More(wanted, turn);
        }
        catch (Exception e) when (e is not (OverloadedException or JournalCorruptException))
        {
            throw new StoreUnavailableException($"The budgets above {State.Agent} could not be asked; nothing was spent.", e);
        }
    }

    private ImmutableArray<BudgetEvent> Elapsed() => State.At(clock()).Events;

    /// <summary>Somebody waits for what the children give back: until he has had his turn, nobody is given any of it ahead of need.</summary>
    private sealed class Waiting(Family family) : IDisposable
    {
        private bool _begun;

        public void Begin()
        {
            family._short += _begun ? 0 : 1;
            _begun = true;
        }

        public void Dispose() => family._short -= _begun ? 1 : 0;
    }
}
