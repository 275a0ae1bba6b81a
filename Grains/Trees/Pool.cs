using System.Collections.Immutable;
using Budgets.Journal;
using Budgets.Ledger;

namespace Budgets.Trees;

/// <summary>The dealings of one parent's tree with its children's budgets, which draw on it, and with the parent's budget, on which it draws.</summary>
/// <param name="parent">Says something to the parent's budget.</param>
/// <param name="recall">Has a child's budget give back what it and its descendants do not need.</param>
internal sealed class Pool(
    Keeper<TreeState, TreeEvent> journal, Func<DateTimeOffset> clock, Func<DrawReport, ValueTask<DrawAnswer>> parent, Func<AgentId, ValueTask<ImmutableArray<DrawReport>>> recall)
    : ITaker
{
    private const int MostTries = 64;

    private Drawer? _drawer;
    private readonly Recalls _recalls = new();
    private readonly Dictionary<(AgentId Child, long Number), Overtaken> _overtaken = [];

    private Drawer Drawer => _drawer ??= new Drawer(this);

    private TreeState State => journal.State;

    ImmutableArray<Draw> ITaker.Draws => State.Draws;

    DateTimeOffset ITaker.Now => clock() is var now && now > State.Now ? now : State.Now;

    private DateTimeOffset Now => ((ITaker)this).Now;

    void ITaker.Record(Asked asked) => journal.Record([new TreeAsked(Now, asked)]);

    void ITaker.Record(Answered answered) => journal.Record([new TreeAnswered(Now, answered)]);

    ValueTask ITaker.Durable() => journal.Durable();

    ValueTask<DrawAnswer> ITaker.Tell(DrawReport report) => parent(report);

    /// <summary>A child reports about one of its draws, and may need more.</summary>
    public async ValueTask<DrawAnswer> Lend(AgentId child, DrawReport report)
    {
        journal.Ready();
        TreeMetrics.Reported("tree");
        var tried = default(Tried);
        using var turn = new Drawer.Turn(Drawer);
        for (var tries = 0; tries < MostTries; tries++)
        {
            if (!State.Children.ContainsKey(child))
            {
                return new DrawAnswer(report.Number, report.Version, report.Kept, null, true, false, Outcome.AgentUnknown, new Refusal(State.Parent, report.Need - report.Kept));
            }

            var (lend, happened) = Pooling.Lend(State, child, report, clock(), tried with { Overtaken = _overtaken.Of((child, report.Number)) });
            if (lend.IsShort && _recalls.Done <= _recalls.Parted)
            {
                // Another child has had a part of what was drawn for all of them: what it does not take of it is this one's.
                await _recalls.After(_recalls.Parted, RecallOnce);
                continue;
            }

            if (lend.Answer is { } answer)
            {
                if (lend.IsPart)
                {
                    _recalls.Part();
                }

                if (happened is not null)
                {
                    _overtaken.Remove((child, report.Number));
                    journal.Record([happened]);
                }

                turn.Dispose();
                await journal.Durable();
                await GiveBack();
                return answer;
            }

            var above = await Drawer.More(lend.Above, turn);
            tried = new Tried(Above: above.Outcome == Outcome.Accepted ? null : above, Asked: lend.Above.Need);
        }

        throw new OverloadedException($"What was set aside for the children of {State.Parent} was drawn by others again and again.");
    }

    /// <summary>All that nobody in the subtree needs is given back.</summary>
    public async ValueTask<ImmutableArray<DrawReport>> Recall()
    {
        journal.Ready();

        // Before the children are asked, and after: what they give back meanwhile must not be handed out again.
        var reports = await Drawer.Recall();
        await _recalls.After(_recalls.Begun, RecallOnce);
        reports = [.. reports, .. await Drawer.Recall(reports)];
        await journal.Durable();
        return reports;
    }

    /// <summary>Every few seconds, while there is something to say; a child that went silent is asked.</summary>
    public async ValueTask Beat()
    {
        if (State.Children.Values.Any(c => c.Loans.Any(l => l.Outstanding > Money.Zero && Now - l.HeardAt > Loan.Silence)))
        {
            await _recalls.After(_recalls.Begun, RecallOnce);
        }

        await Drawer.Beat();
    }

    /// <summary>What is not needed goes back at once if money is short above; what a child spent beyond what was set aside for it is told at once.</summary>
    private async ValueTask GiveBack()
    {
        if (State.Draws.Any(d => d.Used > d.Granted || (d.Room > Money.Zero && (d.IsExact || d.IsOver(Now)))))
        {
            await Drawer.Tell(isIdle: false);
        }
    }

    private async Task RecallOnce()
    {
        // Answers go first: who is asked for what he has been granted, and has not heard of it, gives it back and asks again, and others have been refused for it.
        await journal.Durable();
        await Task.WhenAll(
            State.Children.Values.Where(c => c.Loans.Any(l => l.MayHaveRest)).Select(c => c.Id).OrderBy(c => c.Value, StringComparer.Ordinal).ToList().Select(RecallFrom));
    }

    private async Task RecallFrom(AgentId child)
    {
        foreach (var report in await recall(child))
        {
            if (Pooling.Lend(State, child, report, clock()).Event is { } happened)
            {
                _overtaken.Note((child, report.Number), report);
                journal.Record([happened]);
            }
        }
    }
}
