using System.Text;
using Budgets.Tests.Http;
using Microsoft.AspNetCore.Http;

namespace Budgets.Tests.Gateway;

/// <summary>Every fault on every way to call a model: the hold ends once, nothing that was made is free, and nothing is asked for or paid for twice.</summary>
[Collection(GatewayApi.Name)]
public sealed class FaultMatrixTests(GatewayApi api)
{
    private const string Huge = "99999999999999999999";

    /// <summary>What becomes of the hold.</summary>
    private enum Cost
    {
        Nothing,

        /// <summary>The most that the input can be.</summary>
        Input,

        /// <summary>Something, and no more than was held.</summary>
        Counted,

        AllThatWasHeld,

        /// <summary>What the provider says, to the nano-dollar.</summary>
        Told,
    }

    private static readonly Fault[] s_faults =
    [
        new("500", (p, way) => p.Says(way.ErrorBody, 500), Cost.Nothing),
        new("429", (p, way) => p.Says(way.ErrorBody, 429), Cost.Nothing),
        new("529", (p, way) => p.Says(way.ErrorBody, 529), Cost.Nothing),
        new("429 of something on the way", (p, _) => p.Says("slow down", 429, "text/plain"), Cost.Nothing),
        new("502 of something on the way", (p, _) => p.Says("<html>Bad gateway</html>", 502, "text/html"), Cost.Input),
        new("504 without a word", (p, _) => p.Says("", 504), Cost.Input),
        new("200 with nothing but an error in it", (p, way) => Say(p, way, way.Error), Cost.Nothing),
        new("malformed", (p, way) => Say(p, way, "{malformed json: <<<"), Cost.Counted),
        new("malformed, and no stream", (p, _) => p.Says("{malformed json: <<<"), Cost.Counted),
        new("empty", (p, way) => Say(p, way), Cost.Counted),
        new("hung up before a word", (p, _) => p.Answer = Hang(0), Cost.Counted),
        new("hung up after the headers", (p, way) => p.Answer = Hang(0, way), Cost.Counted),
        new("hung up in the middle", (p, way) => p.Answer = Hang(0.5, way), Cost.Counted),
        new("hung up before the last byte", (p, way) => p.Answer = Hang(0.99, way), Cost.Counted),
        new("no usage", (p, way) => Say(p, way, way.Says(null, "")), Cost.Counted),
        new("negative usage", (p, way) => Say(p, way, way.Says("-5", "-9")), Cost.AllThatWasHeld),
        new("absurd usage", (p, way) => Say(p, way, way.Says(Huge, Huge)), Cost.AllThatWasHeld),
        new("usage that is text", (p, way) => Say(p, way, way.Says("\"11\"", "\"9\"")), Cost.AllThatWasHeld),
        new("usage of zero", (p, way) => Say(p, way, way.Says("0", "0")), Cost.Told),
        new("more usage than was held", (p, way) => Say(p, way, way.Says("3000000", "1000000")), Cost.Told, 3_000_000, 1_000_000),
        new("no fault at all", (p, way) => Say(p, way, way.Says("11", "9")), Cost.Told, 11, 9),
    ];

    public static TheoryData<string> Faults => [.. s_faults.Select(f => f.Name)];

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task A_hold_ends_once_and_costs_what_it_should(string name)
    {
        var fault = s_faults.Single(f => f.Name == name);
        foreach (var way in Way.All)
        {
            var agent = await api.NewAgent();
            fault.Arrange(api.Provider, way);

            await Call(agent, way);

            api.Provider.Calls.Should().ContainSingle($"{name} of {way} is not asked for again here");
            var lines = await api.AtRest(agent);
            lines.Select(l => l.Kind).Should().Equal(["hold", fault.Cost == Cost.Nothing ? "release" : "settle"], $"that is {name} of {way}");
            var (held, cost) = (lines[0].Amount, fault.Cost == Cost.Nothing ? 0m : lines[1].Amount);
            switch (fault.Cost)
            {
                case Cost.Input:
                    cost.Should().BePositive($"{name} of {way}").And.BeLessThanOrEqualTo(held);
                    lines[1].Tokens("output_tokens").Should().Be(0);
                    break;
                case Cost.Counted:
                    cost.Should().BePositive($"{name} of {way} is never free").And.BeLessThanOrEqualTo(held);
                    break;
                case Cost.AllThatWasHeld:
                    cost.Should().Be(held, $"{name} of {way}");
                    break;
                case Cost.Told:
                    cost.Should().Be(api.Price(way.Model, way.Usage(fault.Input, fault.Output)), $"{name} of {way}");
                    lines[1].Overage.Should().Be(cost > held);
                    break;
            }

            var window = (await agent.Get("/v1/agents/budget"))["windows"][0];
            (window.GetProperty("spent").GetDecimal(), window.GetProperty("held").GetDecimal()).Should().Be((cost, 0m), $"the budget says the same after {name} of {way}");
        }
    }

    [Fact]
    public async Task A_stream_that_falls_silent_is_left_after_five_minutes_and_paid_for()
    {
        var hanging = new List<(Agent Agent, Task Call)>();
        foreach (var way in Way.All.Where(w => w.IsStreamed))
        {
            var agent = await api.NewAgent();
            var silent = new TaskCompletionSource();
            api.Provider.Answer = async (http, _) =>
            {
                await FakeProvider.Stream(http, way.Says("11", "9")[..1]);
                silent.SetResult();
                await Gone(http);
            };
            hanging.Add((agent, Call(agent, way)));
            await silent.Task;
        }

        using var pause = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        for (var all = Task.WhenAll(hanging.Select(h => h.Call)); !all.IsCompleted; await pause.WaitForNextTickAsync(deadline.Token))
        {
            // The gateway may not have begun to wait yet, so that one leap could be lost on it.
            api.Clock.Advance(TimeSpan.FromMinutes(1));
        }

        foreach (var (agent, _) in hanging)
        {
            var lines = await api.AtRest(agent);
            lines.Should().HaveCount(2);
            lines[1].Kind.Should().Be("settle");
            lines[1].Amount.Should().BePositive().And.BeLessThanOrEqualTo(lines[0].Amount);
        }
    }

    private static async Task Call(Agent agent, Way way)
    {
        try
        {
            await agent.Post(way.Path, way.Body);
        }
        catch (HttpRequestException)
        {
            // Half an answer does not look like a whole one.
        }
    }

    private static void Say(FakeProvider provider, Way way, params string[] said)
    {
        if (way.IsStreamed)
        {
            provider.Streams(said);
        }
        else
        {
            provider.Says(string.Concat(said));
        }
    }

    /// <param name="share">Of the bytes of a good answer that are said before.</param>
    /// <param name="way">Null: not even headers.</param>
    private static Func<HttpContext, string, Task> Hang(double share, Way? way = null) => async (http, _) =>
    {
        if (way is not null)
        {
            var whole = way.IsStreamed ? string.Concat(way.Says("11", "9").Select(e => e + "\n\n")) : way.Says("11", "9")[0];
            var bytes = Encoding.UTF8.GetBytes(whole);
            http.Response.ContentType = way.IsStreamed ? "text/event-stream" : "application/json";
            await http.Response.StartAsync();
            await http.Response.Body.WriteAsync(bytes.AsMemory(0, (int)(bytes.Length * share)));
            await http.Response.Body.FlushAsync();
        }

        http.Abort();
    };

    private static async Task Gone(HttpContext http)
    {
        var gone = new TaskCompletionSource();
        await using var registered = http.RequestAborted.Register(gone.SetResult);
        await gone.Task;
    }

    /// <param name="Input">Tokens that the provider tells.</param>
    private sealed record Fault(string Name, Action<FakeProvider, Way> Arrange, Cost Cost, long Input = 0, long Output = 0);
}
