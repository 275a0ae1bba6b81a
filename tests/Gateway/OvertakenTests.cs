using Budgets.Tests.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Budgets.Tests.Gateway;

/// <summary>A hold that is so long on its way that its call is given up, and that the release which takes it back overtakes: it costs nobody anything.</summary>
public sealed class OvertakenTests
{
    /// <summary>Later the hold would end by itself.</summary>
    private const int MostLeaps = 100;

    [Fact]
    public async Task A_hold_that_arrives_after_its_release_is_given_back_all_the_same()
    {
        var way = new SlowWay();
        using var api = new GatewayApi { Faults = services => services.AddSingleton<IIncomingGrainCallFilter>(way) };
        await api.InitializeAsync();
        try
        {
            var agent = await api.NewAgent();
            way.Block();

            // Nobody waits for a budget for longer than a few seconds.
            var answer = await agent.Post("/v1/chat/completions", Said.Hello);
            (answer.Status, answer.Code).Should().Be((503, "outcome_unknown"), answer.Text);
            (await way.NextRelease()).Should().Be(Outcome.HoldUnknown, "the release came first");
            (await GatewayApi.Lines(agent)).Should().BeEmpty();

            way.LetGo();
            await LeavingTests.Until(async () => (await GatewayApi.Lines(agent)).Count == 1);
            using var pause = new PeriodicTimer(TimeSpan.FromMilliseconds(250));
            var leaps = 0;
            for (var release = way.NextRelease(); !release.IsCompleted; await Task.WhenAny(release, pause.WaitForNextTickAsync().AsTask()))
            {
                // The gateway may not have begun to wait yet, so that one leap could be lost on it.
                (++leaps).Should().BeLessThan(MostLeaps, "the hold is looked for again");
                api.Clock.Advance(TimeSpan.FromSeconds(5));
            }

            (await api.AtRest(agent)).Select(l => l.Kind).Should().Equal("hold", "release");
            api.Clock.Advance(TimeSpan.FromSeconds(2 * HoldRequest.DefaultTtlSeconds));
            var window = (await agent.Get("/v1/agents/budget"))["windows"][0];
            (window.GetProperty("spent").GetDecimal(), window.GetProperty("held").GetDecimal()).Should().Be((0m, 0m), "nothing was called");
            api.Provider.Calls.Should().BeEmpty();
        }
        finally
        {
            await api.DisposeAsync();
        }
    }

    /// <summary>The way to a budget, on which one hold is stuck while others pass it by.</summary>
    private sealed class SlowWay : IIncomingGrainCallFilter
    {
        private readonly System.Threading.Channels.Channel<Outcome> _releases = System.Threading.Channels.Channel.CreateUnbounded<Outcome>();
        private readonly TaskCompletionSource _free = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _blocks;

        public void Block() => _blocks = 1;

        public void LetGo() => _free.SetResult();

        /// <summary>What became of the next release that arrives.</summary>
        public Task<Outcome> NextRelease() => _releases.Reader.ReadAsync().AsTask();

        public async Task Invoke(IIncomingGrainCallContext context)
        {
            var isOfBudget = context.InterfaceMethod.DeclaringType == typeof(IBudgetGrain);
            if (isOfBudget && context.MethodName == nameof(IBudgetGrain.HoldCall) && Interlocked.Exchange(ref _blocks, 0) == 1)
            {
                await _free.Task;
            }

            await context.Invoke();
            if (isOfBudget && context.MethodName == nameof(IBudgetGrain.Release))
            {
                _releases.Writer.TryWrite(((SpendOutcome)context.Result!).Outcome);
            }
        }
    }
}
