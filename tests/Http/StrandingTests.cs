namespace Budgets.Tests.Http;

/// <summary>What one agent has drawn and does not spend, another one spends, however far apart they are.</summary>
[Collection(Api.Name)]
public sealed class StrandingTests(Api api)
{
    /// <summary>The levels between the root and the one that idles, between the root and the one that spends, and whether they share those.</summary>
    public static TheoryData<int, int, bool> Families => new()
    {
        { 0, 0, false },
        { 1, 1, true },
        { 1, 1, false },
        { 2, 2, false },
        { 2, 0, false },
        { 0, 2, false },
    };

    [Theory]
    [MemberData(nameof(Families))]
    public async Task The_whole_rest_can_be_spent_in_one_charge_although_another_has_drawn_on_it(int aboveIdle, int aboveSpender, bool shared)
    {
        var (root, spender) = await Drawn(aboveIdle, aboveSpender, shared);

        (await spender.Charge("9.90")).Status.Should().Be(201);

        await NothingIsLeft(root, spender);
    }

    [Theory]
    [MemberData(nameof(Families))]
    public async Task The_whole_rest_can_be_spent_in_small_charges_although_another_has_drawn_on_it(int aboveIdle, int aboveSpender, bool shared)
    {
        var (root, spender) = await Drawn(aboveIdle, aboveSpender, shared);

        for (var n = 0; n < 99; n++)
        {
            var charged = await spender.Charge("0.10");
            charged.Status.Should().Be(201, $"{n} charges fit before: {charged.Text}");
        }

        await NothingIsLeft(root, spender);
    }

    [Fact]
    public async Task The_root_can_spend_what_its_descendants_have_drawn()
    {
        var (root, _) = await Drawn(1, 1, shared: false);

        (await root.Charge("9.90")).Status.Should().Be(201);
        (await root.Charge("0.01")).Status.Should().Be(402);
    }

    [Fact]
    public async Task What_everybody_has_drawn_and_nobody_needs_one_can_reserve_and_give_back_for_another()
    {
        var root = await api.NewAgent("""{"daily_limit":10}""");
        var family = new List<Agent>();
        for (var n = 0; n < 20; n++)
        {
            family.Add(await Family.Child(api, root));
            (await family[n].Charge("0.01")).Status.Should().Be(201);
        }

        foreach (var agent in family)
        {
            var reserved = await agent.Reserved("9.80");
            (await agent.Post($"/v1/reservations/{reserved}/release")).Status.Should().Be(200);
        }

        (await family[0].Charge("9.80")).Status.Should().Be(201);
        await NothingIsLeft(root, family[1]);
    }

    /// <summary>A root with $10.00, of which one agent has spent $0.10 and drawn more, and the one that is to spend the rest.</summary>
    private async Task<(Agent Root, Agent Spender)> Drawn(int aboveIdle, int aboveSpender, bool shared)
    {
        var root = await api.NewAgent("""{"daily_limit":10}""");
        var one = await Below(root, aboveIdle);
        var another = shared ? one : await Below(root, aboveSpender);
        var (idle, spender) = (await Family.Child(api, one), await Family.Child(api, another));
        (await idle.Charge("0.10")).Status.Should().Be(201);
        var standing = await Family.Window(root, "daily");
        (standing.Spent + standing.Held).Should().BeGreaterThan(0.10m, "more was drawn than is needed");
        return (root, spender);
    }

    private async Task<Agent> Below(Agent agent, int levels)
    {
        for (var level = 0; level < levels; level++)
        {
            agent = await Family.Child(api, agent);
        }

        return agent;
    }

    private static async Task NothingIsLeft(Agent root, Agent spender)
    {
        var refused = await spender.Charge("0.01");
        (refused.Status, refused["refused_by"].GetString(), refused.Dollars("amount_remaining")).Should().Be((402, root.Id, 0m));
        (await Family.Window(root, "daily")).Remaining.Should().Be(0m);
    }
}
