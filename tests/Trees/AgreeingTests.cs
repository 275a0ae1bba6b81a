using System.Collections.Immutable;
using Budgets.Ledger;
using Budgets.Trees;

namespace Budgets.Tests.Trees;

/// <summary>What a parent and its children may agree on.</summary>
public sealed class AgreeingTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 4, 12, 0, 0, TimeSpan.Zero);

    private TreeState _tree = new(Agent(0));
    private DateTimeOffset _clock = Now;

    [Fact]
    public void The_same_child_again_on_the_same_terms_changes_nothing()
    {
        Agree(1, monthly: 100).Should().Be(ConfigureResult.Done);
        var seq = _tree.Seq;

        Agree(1, monthly: 100).Should().Be(ConfigureResult.Done);

        _tree.Seq.Should().Be(seq);
    }

    [Fact]
    public void Budgets_add_up_to_more_than_the_parents_unless_it_says_no()
    {
        Agree(1, monthly: 400).Should().Be(ConfigureResult.Done);
        Agree(2, monthly: 400).Should().Be(ConfigureResult.Done, "the parent's own limit binds both anyway");
        Enter(Agreeing.SetOvercommit(_tree, false, "operator", Above(), _clock)).Result.Should().Be(ConfigureResult.Done);

        Agree(3, monthly: 1).Should().Be(ConfigureResult.Overcommitted);
        Agree(3, monthly: null).Should().Be(ConfigureResult.Done, "it has no budget of its own");
        Amend(1, monthly: 401).Result.Should().Be(ConfigureResult.Overcommitted);
        Amend(1, monthly: 50).Result.Should().Be(ConfigureResult.Done, "lowering is always fine");
        var refused = Amend(1, monthly: 101);

        (refused.Refusal!.RefusedBy, refused.Refusal.Requested, refused.Refusal.Standing!.Limit, refused.Refusal.Standing.Held, refused.Refusal.Standing.Remaining)
            .Should().Be((Agent(0), Usd(101), Usd(500), Usd(400), Usd(100)));
        Amend(1, monthly: 100).Result.Should().Be(ConfigureResult.Done);
    }

    [Fact]
    public void What_a_child_that_left_or_ended_had_is_free_for_others()
    {
        Enter(Agreeing.SetOvercommit(_tree, false, "operator", Above(), _clock));
        Agree(1, monthly: 300).Should().Be(ConfigureResult.Done);
        Agree(2, monthly: 200, endsAt: Now.AddHours(1)).Should().Be(ConfigureResult.Done);
        Agree(3, monthly: 400).Should().Be(ConfigureResult.Overcommitted);

        Leave(1);
        Agree(3, monthly: 400).Should().Be(ConfigureResult.Overcommitted);
        _clock = Now.AddHours(1);

        Agree(3, monthly: 400).Should().Be(ConfigureResult.Done);
    }

    [Fact]
    public void The_largest_budgets_of_many_children_are_added_up_without_overflow()
    {
        for (var i = 1; i <= 20; i++)
        {
            Agree(i, monthly: 1_000_000_000).Should().Be(ConfigureResult.Done);
        }

        Enter(Agreeing.SetOvercommit(_tree, false, "operator", Above(), _clock));
        Agree(21, monthly: 1).Should().Be(ConfigureResult.Overcommitted);
    }

    [Fact]
    public void A_tree_is_sixteen_levels_deep_at_most_and_no_deeper_below_an_agent_than_it_may_have()
    {
        var deep = Enumerable.Range(0, 15).Select(i => View(i)).ToImmutableArray();
        Enter(Agreeing.Agree(_tree, Request(1), deep, _clock)).Result.Should().Be(ConfigureResult.Done);
        Enter(Agreeing.Agree(_tree, Request(2) with { Levels = 2 }, deep, _clock)).Result.Should().Be(ConfigureResult.TooDeep);
        Enter(Agreeing.Agree(_tree, Request(2), [.. deep, View(15)], _clock)).Result.Should().Be(ConfigureResult.TooDeep);

        Enter(Agreeing.Agree(_tree, Request(3), [View(0), View(1) with { MaxBelow = 2 }], _clock)).Result.Should().Be(ConfigureResult.Done);
        Enter(Agreeing.Agree(_tree, Request(4), [View(0), View(1) with { MaxBelow = 1 }], _clock)).Result.Should().Be(ConfigureResult.TooDeep);
        Enter(Agreeing.Agree(_tree, Request(4), [View(0) with { MaxBelow = 0 }], _clock)).Result.Should().Be(ConfigureResult.TooDeep);
    }

    [Fact]
    public void A_parent_has_ten_thousand_children_and_those_that_left_a_day_ago_make_room()
    {
        for (var i = 1; i <= IAllocationTreeGrain.MaxChildren; i++)
        {
            _tree = TreeFold.Apply(_tree, new ChildAgreed(Now, "operator", Agent(i), new ChildTerms("c", OverrunPolicy.Block)));
        }

        Agree(10_001).Should().Be(ConfigureResult.TooManyChildren);
        Agree(5).Should().Be(ConfigureResult.Done, "it is one of them");
        _tree = TreeFold.Apply(_tree, new ChildLent(Now, Agent(7), new Loan(1, 1, Usd(3), Usd(1), Usd(0), default, 1, null, false, Now, true)));
        Leave(7);
        _clock = Now.AddDays(2);
        Agree(10_001).Should().Be(ConfigureResult.TooManyChildren, "the one that left owes a report about 2 dollars");
        Leave(8);

        Agree(10_001).Should().Be(ConfigureResult.Done);
        _tree.Children.Should().HaveCount(IAllocationTreeGrain.MaxChildren).And.NotContainKey(Agent(8)).And.ContainKey(Agent(7));
    }

    [Fact]
    public void Who_left_is_amended_no_more_and_a_closed_or_unknown_parent_has_no_children()
    {
        Agree(1);
        Leave(1);
        Leave(1);

        Amend(1, monthly: 1).Result.Should().Be(ConfigureResult.AgentClosed);
        Amend(2, monthly: 1).Result.Should().Be(ConfigureResult.AgentUnknown);
        Agreeing.Agree(_tree, Request(2), [], _clock).Outcome.Result.Should().Be(ConfigureResult.AgentUnknown);
        Agreeing.Agree(_tree, Request(2), [View(0) with { Closed = true }], _clock).Outcome.Result.Should().Be(ConfigureResult.AgentClosed);
    }

    [Fact]
    public void A_child_never_outlives_its_parent()
    {
        Enter(Agreeing.Agree(_tree, Request(1, endsAt: Now.AddDays(2)), [View(0) with { EndsAt = Now.AddDays(1) }], _clock));
        Enter(Agreeing.Agree(_tree, Request(2), [View(0) with { EndsAt = Now.AddDays(1) }], _clock));
        Enter(Agreeing.Agree(_tree, Request(3, endsAt: Now.AddHours(1)), [View(0) with { EndsAt = Now.AddDays(1) }], _clock));

        _tree.Children.OrderBy(c => c.Key.Value, StringComparer.Ordinal).Select(c => c.Value.Terms.EndsAt).Should().Equal(Now.AddDays(1), Now.AddDays(1), Now.AddHours(1));
    }

    private ConfigureResult Agree(int child, decimal? monthly = null, DateTimeOffset? endsAt = null) =>
        Enter(Agreeing.Agree(_tree, Request(child, monthly, endsAt), Above(), _clock)).Result;

    private ConfigureOutcome Amend(int child, decimal monthly) =>
        Enter(Agreeing.Amend(_tree, new AmendRequest(Agent(child), "operator", Monthly: Change.To<Money?>(Usd(monthly))), Above(), _clock));

    private void Leave(int child) => Enter((new ConfigureOutcome(ConfigureResult.Done, null), Agreeing.Leave(_tree, Agent(child), "operator", _clock)));

    private ConfigureOutcome Enter((ConfigureOutcome Outcome, ImmutableArray<TreeEvent> Happened) decided)
    {
        _tree = decided.Happened.Aggregate(_tree, TreeFold.Apply);
        return decided.Outcome;
    }

    private static AgreeRequest Request(int child, decimal? monthly = null, DateTimeOffset? endsAt = null) =>
        new(Agent(child), "operator", new ChildTerms("c", OverrunPolicy.Block, Monthly: monthly is { } m ? Usd(m) : null, EndsAt: endsAt));

    /// <summary>A parent with 500 dollars a month.</summary>
    private static ImmutableArray<BudgetView> Above() => [View(0)];

    private static BudgetView View(int agent)
    {
        var state = Governing.Open(
                new BudgetState(Agent(agent)),
                new OpenRequest("p", "operator", "UTC", IsoDayOfWeek.Monday, null, new ConfigureRequest(Layer.Above, "operator", false, Monthly: Change.To<Money?>(Usd(500)))),
                Now)
            .Happened.Aggregate(new BudgetState(Agent(agent)), Fold.Apply);
        return state.View();
    }

    private static AgentId Agent(int number) => new($"agent_{number:d20}");

    private static Money Usd(decimal dollars) => Money.FromDollars(dollars);
}
