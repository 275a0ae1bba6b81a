namespace Budgets.Tests.Http;

/// <summary>A day that is over ends what agents have drawn: on a host of its own, whose clock may go on.</summary>
public sealed class MorningAfterTests : IAsyncLifetime, IDisposable
{
    private readonly Api _api = new();

    public Task InitializeAsync() => _api.InitializeAsync();

    public Task DisposeAsync() => _api.DisposeAsync();

    public void Dispose() => _api.Dispose();

    /// <summary>Nothing is drawn for the new day yet, and the money is gone: every level above knows before the answer leaves.</summary>
    [Fact]
    public async Task What_was_spent_already_is_known_all_the_way_up_at_once()
    {
        var root = await _api.NewAgent("""{"monthly_limit":100}""");
        var parent = await Family.Child(_api, root);
        var child = await Family.Child(_api, parent);
        (await child.Post("/v1/charges", """{"amount":10}""")).Status.Should().Be(201);
        _api.Clock.Advance(TimeSpan.FromDays(1));

        (await child.Post("/v1/charges", """{"amount":2.5,"mode":"record"}""")).Status.Should().Be(201);

        foreach (var agent in (Agent[])[child, parent, root])
        {
            (await agent.Get("/v1/agents/usage?period=this_month&include_children=true")).Dollars("amount_spent").Should().Be(12.5m);
        }
    }
}
