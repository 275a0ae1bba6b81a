using System.Collections.Immutable;
using Budgets.Routing;

namespace Budgets.Tests.Routing;

/// <summary>The cheapest that is good enough, judged cautiously, and never forgotten why.</summary>
public sealed class ChoosingTests
{
    private static readonly Job Simple = new("chat/completions", Complexity.Simple);
    private static readonly AgentId Root = new("agent_0123456789abcdefghij");

    private static readonly ImmutableArray<RouteCandidate> Models =
    [
        new("large", 2, 0.98, Money.FromDollars(15)), new("small", 0, 0.85, Money.FromDollars(0.1m)), new("middle", 1, 0.90, Money.FromDollars(1)),
    ];

    [Fact]
    public void Where_nothing_was_said_a_task_goes_to_its_tier_and_up_from_there_when_it_fails()
    {
        Of(new RoutingState(Root), Simple).Should().Equal("small", "middle", "large");
        Of(new RoutingState(Root), Simple with { Complexity = Complexity.Medium }).Should().Equal("middle", "large");
        Of(new RoutingState(Root), Simple with { Complexity = Complexity.Complex }).Should().Equal("large");
    }

    [Fact]
    public void A_model_that_was_said_to_be_bad_is_left_and_comes_back_when_it_is_good_again()
    {
        var bad = Enumerable.Repeat(0.3, 5).Aggregate(new RoutingState(Root), (s, q) => Rated(s, "small", q));
        var good = Enumerable.Repeat(0.95, 60).Aggregate(bad, (s, q) => Rated(s, "small", q));

        Of(bad, Simple)[0].Should().Be("middle");
        Of(good, Simple)[0].Should().Be("small");
        Of(bad, Simple with { Operation = "other" })[0].Should().Be("small", "that was said of another operation");
    }

    [Fact]
    public void A_model_that_gets_worse_is_left_within_a_few_ratings_however_long_it_was_good()
    {
        var state = Enumerable.Repeat(0.95, 500).Aggregate(new RoutingState(Root), (s, q) => Rated(s, "small", q));
        var ratings = 0;
        for (; Of(state, Simple)[0] == "small" && ratings < 20; ratings++)
        {
            state = Rated(state, "small", 0.4);
        }

        ratings.Should().BeLessThan(8);
    }

    [Fact]
    public void A_cheaper_model_is_tried_while_what_is_delivered_leaves_room_for_it_and_never_where_nobody_rates()
    {
        var bad = Enumerable.Repeat(0.55, 4).Aggregate(new RoutingState(Root), (s, q) => Rated(s, "small", q));
        var room = Enumerable.Repeat(0.98, 30).Aggregate(bad, (s, q) => Rated(s, "middle", q));
        var none = Enumerable.Repeat(0.82, 30).Aggregate(bad, (s, q) => Rated(s, "middle", q));

        Tried(room).Should().BeInRange(100, 600);
        Tried(none).Should().BeInRange(1, 150);
        Tried(new RoutingState(Root), Simple with { Complexity = Complexity.Medium }).Should().Be(0);

        static int Tried(RoutingState s, Job? job = null) => Enumerable.Range(0, 1_000).Count(seed => Of(s, job ?? Simple, seed)[0] == "small");
    }

    [Fact]
    public void Where_nothing_is_good_enough_the_best_is_taken_and_in_economy_the_cheapest()
    {
        var state = Enumerable.Repeat(0.3, 20).Aggregate(new RoutingState(Root), (s, q) => Rated(Rated(Rated(s, "small", q), "middle", q), "large", q + 0.2));

        Of(state, Simple)[0].Should().Be("large");
        Choosing.Of(state, new RouteQuestion(Simple, 0.8, Models, IsEconomy: true, 1))[0].Should().Be("small");
        Choosing.Of(state, new RouteQuestion(Simple, 0.8, [], IsEconomy: false, 1)).Should().BeEmpty();
    }

    [Fact]
    public void What_is_remembered_is_bounded()
    {
        var state = new RoutingState(Root);
        for (var i = 0; i < 300; i++)
        {
            state = RoutingFold.Apply(state, Rating($"operation {i}", "small", 0.9));
            state = RoutingFold.Apply(state, Rating("busy", $"model {i}", 0.9));
        }

        state.Practices.Should().HaveCount(RoutingState.MostPractices);
        state.Of(new Job("busy", Complexity.Simple)).Models.Should().HaveCount(Practice.MostModels).And.Contain(m => m.Model == "model 299");
    }

    private static ImmutableArray<string> Of(RoutingState state, Job job, long seed = 0) => Choosing.Of(state, new RouteQuestion(job, 0.8, Models, IsEconomy: false, seed));

    private static RoutingState Rated(RoutingState s, string model, double quality) => RoutingFold.Apply(s, Rating(Simple.Operation, model, quality));

    private static CallRated Rating(string operation, string model, double quality) =>
        new(DateTimeOffset.UnixEpoch, new HoldId("gwr_0123456789abcdefghij"), Root, operation, Complexity.Simple, model, quality);
}
