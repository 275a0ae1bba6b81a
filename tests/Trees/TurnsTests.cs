using System.Collections.Immutable;
using Budgets.Journal;
using Budgets.Ledger;
using Budgets.Trees;

namespace Budgets.Tests.Trees;

/// <summary>Many children wait for one answer of the parent's budget; each decides in his turn what he has of it.</summary>
public sealed class TurnsTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 4, 12, 0, 0, TimeSpan.Zero);
    private static readonly AgentId Parent = new("agent_parent789abcdefghij");
    private static readonly ImmutableArray<AgentId> Children = [.. Enumerable.Range(0, 6).Select(n => new AgentId($"agent_{n:d20}"))];

    private readonly SimLoop _loop = new(1);
    private readonly List<(DrawReport Report, TaskCompletionSource<DrawAnswer> Answer)> _asked = [];
    private readonly List<DrawReport> _told = [];
    private readonly Dictionary<AgentId, DrawReport> _left = [];

    /// <summary>
    /// One asked alone; two that need more than there is, and three that need little, share the next request up. Its answer is a part and a refusal, and a recall stands in line
    /// before their turns.
    /// </summary>
    [Fact]
    public async Task A_part_of_what_was_asked_for_stays_with_those_who_wait_until_they_have_had_their_turn()
    {
        var (first, many, recall) = Play();

        (await first).Granted.Should().Be(Usd(1));
        (await Task.WhenAll(many[1..4])).Should().OnlyContain(a => a.Outcome == Outcome.Accepted && a.Granted == Usd(0.25m), "there was 1.50 for them");
        (await recall).Concat(_told).MaxBy(r => r.Version)!.Kept.Should().Be(Usd(1.75m), "what nobody took goes back");
    }

    /// <summary>A tree with 50 cents to spare asks for a child's six quarters. Another child takes the 50 cents, and the recall says so: one quarter more is still of use.</summary>
    [Fact]
    public void A_recall_does_not_raise_what_is_needed_to_serve_one()
    {
        var before = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(_loop);
        try
        {
            var pool = Founded();
            _ = pool.Lend(Children[0], Ask(0.5m)).AsTask();
            _loop.Post(_ => Answer(granted: 1, Outcome.Accepted, isExact: false), null);
            Settle();
            _ = pool.Lend(Children[1], Ask(1.5m) with { Least = Usd(0.25m) }).AsTask();
            _ = pool.Lend(Children[2], Ask(0.5m)).AsTask();
            var recall = pool.Recall().AsTask();
            Settle();

            recall.IsCompletedSuccessfully.Should().BeTrue();
            var (asked, said) = (_asked[1].Report, _told.Append(LastOf(recall)).MaxBy(r => r.Version)!);
            said.Stands.Should().Be(asked.Version);
            var loan = new Loan(1, said.Version, said.Kept, said.Spent, said.Held, default, 0, null, true, Now, true);
            asked.On(loan).Wanted().Should().Be(new Wanted(Usd(1.5m), Usd(0.25m)));
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(before);
        }
    }

    /// <summary>
    /// Two ask at once, one child for a cent and for 50 cents, another for 5 cents, and 6 cents are left. The first is given all of it, and takes the cent.
    /// </summary>
    [Fact]
    public async Task Nobody_is_refused_for_what_another_child_was_given_and_does_not_take()
    {
        var (mixed, small) = PlayMixed();

        (await mixed).Granted.Should().Be(Usd(0.06m), "it serves one of the two");
        (await small).Should().Match<DrawAnswer>(a => a.Outcome == Outcome.Accepted && a.Granted == Usd(0.05m), "five cents were left");
    }

    /// <summary>Who has what he needs asks for something ahead, together with one who needs too much. Both get nothing, and a recall has taken the rest meanwhile.</summary>
    [Fact]
    public void Who_has_only_asked_ahead_of_need_was_not_refused_what_he_needs()
    {
        var tree = new TreeState(Parent)
        {
            Children = ImmutableDictionary<AgentId, Child>.Empty.Add(Children[0], new Child(Children[0], new ChildTerms("child", OverrunPolicy.Block), [])),
        };
        var no = new DrawAnswer(1, 1, default, Now.AddHours(1), IsExact: true, IsOver: false, Outcome.BudgetExceeded, new Refusal(Parent, Usd(3)));

        Pooling.Lend(tree, Children[0], Ask(0.01m), Now, new Tried(Above: no, Asked: Money.Zero)).Lend.Above.Need.Should().Be(Usd(0.01m));
        Pooling.Lend(tree, Children[0], Ask(0.01m), Now, new Tried(Above: no, Asked: Usd(0.01m))).Lend.Answer!.Outcome.Should().Be(Outcome.BudgetExceeded);
    }

    private (Task<DrawAnswer> First, List<Task<DrawAnswer>> Many, Task<ImmutableArray<DrawReport>> Recall) Play()
    {
        var before = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(_loop);
        try
        {
            var pool = Founded();
            var first = pool.Lend(Children[0], Ask(1)).AsTask();
            Settle();
            var many = Children.Skip(1).Select((child, n) => pool.Lend(child, Ask(n is 0 or 4 ? 2 : 0.25m)).AsTask()).ToList();
            _loop.Post(_ => Answer(granted: 1, Outcome.Accepted), null);
            Settle();
            _asked.Should().HaveCount(2);
            _asked[1].Report.Need.Should().Be(Usd(5.75m), "one report further up for all who wait");

            Task<ImmutableArray<DrawReport>>? recall = null;
            _loop.Post(_ => Answer(granted: 2.5m, Outcome.BudgetExceeded), null);
            _loop.Post(_ => recall = pool.Recall().AsTask(), null);
            Settle();
            many.Prepend<Task>(first).Append(recall!).Should().OnlyContain(t => t.IsCompletedSuccessfully, "nobody waits for anybody");
            return (first, many, recall!);
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(before);
        }
    }

    private (Task<DrawAnswer> Mixed, Task<DrawAnswer> Small) PlayMixed()
    {
        var before = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(_loop);
        try
        {
            var pool = Founded();
            _ = pool.Lend(Children[0], Ask(1)).AsTask();
            Settle();
            var mixed = pool.Lend(Children[1], Ask(0.51m) with { Least = Usd(0.01m) }).AsTask();
            var small = pool.Lend(Children[2], Ask(0.05m)).AsTask();
            _loop.Post(_ => Answer(granted: 1, Outcome.Accepted), null);
            Settle();
            _left[Children[1]] = new DrawReport(1, 2, Usd(0.01m), default, Usd(0.01m), Usd(0.01m), Usd(0.01m), IsExact: true);
            _loop.Post(_ => Answer(granted: 1.06m, Outcome.BudgetExceeded), null);
            Settle();
            mixed.IsCompleted.Should().BeTrue();
            small.IsCompleted.Should().BeTrue("nobody waits for anybody");
            return (mixed, small);
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(before);
        }
    }

    private Pool Founded()
    {
        var journal = new Keeper<TreeState, TreeEvent>(new MemoryJournalStore().Open($"tree/{Parent}"), TreeCodec.Instance, new TreeState(Parent), "the children", _ => { });
        journal.Record([.. Children.Select((c, n) => new ChildAgreed(Now, "operator", c, new ChildTerms($"child {n}", OverrunPolicy.Block)))]);
        return new Pool(journal, () => Now, report =>
        {
            if (report.Need == report.Kept)
            {
                _told.Add(report);
                return new(new DrawAnswer(report.Number, report.Version, report.Kept, Now.AddHours(1), IsExact: true, IsOver: false));
            }

            _asked.Add((report, new TaskCompletionSource<DrawAnswer>()));
            return new(_asked[^1].Answer.Task);
        }, child => new(_left.TryGetValue(child, out var left) ? [left] : []));
    }

    private static DrawReport LastOf(Task<ImmutableArray<DrawReport>> recall) => recall.GetAwaiter().GetResult()[^1];

    private void Answer(decimal granted, Outcome outcome, bool isExact = true)
    {
        var (report, answer) = _asked[^1];
        answer.SetResult(new DrawAnswer(
            report.Number, report.Version, Usd(granted), Now.AddHours(1), isExact, IsOver: false, outcome, outcome == Outcome.Accepted ? null : new Refusal(Parent, report.Need)));
    }

    private void Settle()
    {
        while (_loop.Step())
        {
        }
    }

    private static DrawReport Ask(decimal need) => new(1, 1, default, default, default, Usd(need), Usd(need), IsExact: true, Usd(need));

    private static Money Usd(decimal dollars) => Money.FromDollars(dollars);
}
