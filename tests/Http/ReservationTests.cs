namespace Budgets.Tests.Http;

[Collection(Api.Name)]
public sealed class ReservationTests(Api api)
{
    [Fact]
    public async Task A_reservation_holds_its_commit_spends_and_the_rest_comes_back()
    {
        var agent = await api.NewAgent("""{"daily_limit":25.00}""");
        var id = await agent.Reserved("20.00");

        (await agent.Charge("6.00")).Dollars("amount_held").Should().Be(20m);
        var settled = await agent.Post($"/v1/reservations/{id}/commit", """{"amount":12.50}""");

        settled.Status.Should().Be(200);
        (settled["status"].GetString(), settled.Dollars("charged"), settled.Dollars("released")).Should().Be(("settled", 12.50m, 7.50m));
        (await agent.Charge("6.00")).Status.Should().Be(201);
    }

    [Fact]
    public async Task Acting_twice_the_same_way_replays_and_another_way_conflicts()
    {
        var agent = await api.NewAgent();
        var id = await agent.Reserved("2.00");
        var first = await agent.Post($"/v1/reservations/{id}/commit", """{"amount":1}""");

        var again = await agent.Post($"/v1/reservations/{id}/commit", """{"amount":1}""");

        again.Bytes.Should().Equal(first.Bytes);
        again.Header("Idempotent-Replayed").Should().Be("true");
        (await agent.Post($"/v1/reservations/{id}/commit", """{"amount":2}""")).Code.Should().Be("reservation_settled");
        var released = await agent.Post($"/v1/reservations/{id}/release");
        (released.Status, released.Code, released.Header("x-should-retry")).Should().Be((409, "reservation_settled", "false"));
    }

    [Fact]
    public async Task A_released_reservation_gives_everything_back_once()
    {
        var agent = await api.NewAgent("""{"daily_limit":5.00}""");
        var id = await agent.Reserved("5.00");

        var first = await agent.Post($"/v1/reservations/{id}/release");

        (first.Status, first.Dollars("released"), first["status"].GetString()).Should().Be((200, 5m, "released"));
        (await agent.Post($"/v1/reservations/{id}/release", "{}")).Bytes.Should().Equal(first.Bytes);
        (await agent.Post($"/v1/reservations/{id}/commit", """{"amount":1}""")).Code.Should().Be("reservation_released");
        (await agent.Charge("5.00")).Status.Should().Be(201);
    }

    [Fact]
    public async Task An_expired_reservation_cannot_be_extended_but_money_spent_is_still_booked_and_flagged_late()
    {
        var agent = await api.NewAgent();
        var id = (await agent.Post("/v1/reservations", """{"amount":3,"ttl_seconds":60}"""))["reservation_id"].GetString();
        api.Clock.Advance(TimeSpan.FromSeconds(61));

        var late = await agent.Post($"/v1/reservations/{id}/extend", """{"extend_seconds":60}""");
        (late.Status, late.Code).Should().Be((410, "reservation_expired"));
        (await agent.Get($"/v1/reservations/{id}"))["status"].GetString().Should().Be("expired");
        (await agent.Post($"/v1/reservations/{id}/commit", """{"amount":3}"""))["late"].GetBoolean().Should().BeTrue();
    }

    [Fact]
    public async Task An_extended_reservation_lives_longer()
    {
        var agent = await api.NewAgent();
        var id = (await agent.Post("/v1/reservations", """{"amount":3,"ttl_seconds":60}"""))["reservation_id"].GetString();

        (await agent.Post($"/v1/reservations/{id}/extend", """{"extend_seconds":60}""")).Status.Should().Be(200);

        api.Clock.Advance(TimeSpan.FromSeconds(90));
        (await agent.Get($"/v1/reservations/{id}"))["status"].GetString().Should().Be("held");
    }

    [Fact]
    public async Task A_commit_above_the_reservation_is_booked_and_flagged()
    {
        var agent = await api.NewAgent("""{"daily_limit":5.00}""");
        var id = await agent.Reserved("5.00");

        var settled = await agent.Post($"/v1/reservations/{id}/commit", """{"amount":6.00}""");

        (settled["overage"].GetBoolean(), settled.Dollars("charged")).Should().Be((true, 6m));
    }

    [Fact]
    public async Task The_same_key_makes_one_reservation()
    {
        var agent = await api.NewAgent();
        var first = await agent.Reserve("2.00", "job-1");

        var again = await agent.Reserve("2.00", "job-1");

        again.Bytes.Should().Equal(first.Bytes);
    }

    [Fact]
    public async Task Somebody_elses_reservation_is_not_there()
    {
        var agent = await api.NewAgent();
        var other = await api.NewAgent();
        var id = await agent.Reserved("2.00");
        var before = await agent.Standing();

        (await other.Get($"/v1/reservations/{id}")).Status.Should().Be(404);
        (await other.Post($"/v1/reservations/{id}/commit", """{"amount":1}""")).Status.Should().Be(404);
        (await other.Post($"/v1/reservations/{id}/release")).Status.Should().Be(404);
        (await other.Post($"/v1/reservations/{id}/extend", """{"extend_seconds":9}""")).Status.Should().Be(404);
        (await agent.Standing()).Should().Be(before);
    }

    [Fact]
    public async Task A_decision_has_no_effect()
    {
        var agent = await api.NewAgent("""{"daily_limit":5.00}""");
        var before = await agent.Standing();

        (await agent.Post("/v1/decide", """{"amount":5}"""))["decision"].GetString().Should().Be("allow");
        var deny = await agent.Post("/v1/decide", """{"amount":5.01}""");

        (deny.Status, deny["decision"].GetString(), deny.Dollars("largest_amount")).Should().Be((200, "deny", 5m));
        deny["refusal"].GetProperty("code").GetString().Should().Be("budget_exceeded");
        (await agent.Standing()).Should().Be(before);
    }
}
