using System.Text.Json;
using Budgets.ApiHost.Auth;
using Budgets.Tests.Cluster;
using Budgets.Tests.Payments;
using Xunit.Abstractions;

namespace Budgets.Tests.Crash;

/// <summary>
/// Agents spend through their thresholds while the host is killed, and Stripe, which lives on, is slow and loses every fifth answer. BUDGETS_KILLS: how often (default 4).
/// BUDGETS_SEED, BUDGETS_REPORT: as for the other crashes.
/// </summary>
[Collection(nameof(OneSiege))]
public sealed class KillNineRechargeTests(ITestOutputHelper output)
{
    private const int Agents = 8;
    private const decimal Credited = 6m;
    private const decimal Recharged = 5m;
    private const decimal Each = 0.40m;

    private static readonly int Kills = SiloFaultsTests.Number("BUDGETS_KILLS", 4);

    /// <summary>A payment that was under way at the last kill: its grain is woken by whoever looks, and its next try comes within seconds.</summary>
    private static readonly TimeSpan EndsWithin = TimeSpan.FromMinutes(2);

    private readonly string _operatorKey = ApiKey.New(ApiKey.OperatorPrefix);

    [Fact]
    public async Task Killed_at_any_moment_every_recharge_is_one_payment_and_every_payment_one_credit()
    {
        var directory = Directory.CreateTempSubdirectory("budgets-crash-").FullName;
        var seed = KillNineTests.Seed();
        var (random, chance) = (new Random(seed), new Random(seed + 1));
        await using var stripe = await FakeStripe.Start();
        stripe.RemembersKeys = false;
        stripe.Lag = _ => TimeSpan.FromMilliseconds(Next(chance, 1, 40));
        stripe.Mishaps = c => c.What != "method" && Next(chance, 0, 5) == 0 ? Mishap.BrokenAfter : Mishap.None;
        var agents = new List<Payer>();
        try
        {
            for (var kills = 0; kills < Kills; kills++)
            {
                using var process = Start(directory, stripe);
                var (address, _) = await process.Ready();
                using var rest = new Rest(address);
                while (agents.Count < Agents)
                {
                    agents.Add(await Open(rest));
                }

                using var over = new CancellationTokenSource();
                var spending = agents.Select(a => a.Spend(rest, over.Token)).ToList();
                using var moment = new PeriodicTimer(TimeSpan.FromSeconds(0.5 + (random.NextDouble() * 2)));
                await moment.WaitForNextTickAsync();
                await process.Kill();
                await over.CancelAsync();
                await Task.WhenAll(spending);
            }

            stripe.Mishaps = _ => Mishap.None;
            using var last = Start(directory, stripe);
            using (var rest = new Rest((await last.Ready()).Address))
            {
                foreach (var agent in agents)
                {
                    await agent.Finish(rest);
                    await Judge(agent, rest, stripe);
                }
            }

            last.Terminate();
            (await last.Exited()).Should().Be(0, last.Output);
            last.Output.Should().NotContain(FakeStripe.Key).And.NotContain(FakeStripe.WebhookSecret);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }

        stripe.Charges.Should().HaveCountGreaterThan(Agents / 2, "there was something to lose").And.OnlyContain(c => c.Succeeded && c.Amount == Money.FromDollars(Recharged));
        stripe.Charges.GroupBy(c => c.Recharge).Should().OnlyContain(g => g.Count() == 1, "an order is paid once");
        Report($"{Kills} kills, {stripe.Charges.Count} payments for {agents.Count} agents, {stripe.Intents.Count(i => i.Status != "succeeded")} never confirmed, {stripe.Calls.Count} calls, seed {seed}");
    }

    private static async Task Judge(Payer agent, Rest rest, FakeStripe stripe)
    {
        using var pause = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        using var deadline = new CancellationTokenSource(EndsWithin);
        JsonElement[] lines;
        do
        {
            var history = await Rest.UntilAnswered(() => rest.Get("/v1/agents/auto-recharge/history", agent.ApiKey));
            lines = [.. history.Body.EnumerateObject().Single(m => m.Value.ValueKind == JsonValueKind.Array).Value.EnumerateArray()];
            await pause.WaitForNextTickAsync(deadline.Token);
        }
        while (Array.Exists(lines, l => l.GetProperty("status").GetString() == "under_way"));

        var paid = stripe.Charges.Where(c => c.Agent == agent.Id).Select(c => c.Payment).ToList();
        lines.Where(l => l.GetProperty("status").GetString() == "succeeded").Select(l => l.GetProperty("payment_id").GetString()).Should().BeEquivalentTo(paid, "what was paid is credited");
        var balance = await Rest.UntilAnswered(() => rest.Get("/v1/agents/balance", agent.ApiKey));
        balance.Body.GetProperty("balance").GetDecimal().Should().Be(Credited + (paid.Count * Recharged) - agent.Spent);
    }

    private async Task<Payer> Open(Rest rest)
    {
        var created = await rest.Post("/v1/agents", _operatorKey, """{"name":"payer","scopes":["manage","spend"]}""");
        var agent = new Payer(created.Body.GetProperty("agent_id").GetString()!, created.Body.GetProperty("api_key").GetString()!);
        (await rest.Post($"/v1/agents/{agent.Id}/credits", _operatorKey, $$"""{"amount":{{Text(Credited)}}}""", "credit-1")).Status.Should().Be(201);
        var set = await rest.Post(
            $"/v1/agents/{agent.Id}/auto-recharge",
            _operatorKey,
            $$"""{"enabled":true,"trigger_threshold":5,"recharge_amount":{{Text(Recharged)}},"cooldown_seconds":0,"max_recharges_per_month":50,"payment_method":"{{FakeStripe.Good}}"}""");
        set.Status.Should().Be(200, set.Body.ToString());
        return agent;
    }

    private ApiProcess Start(string directory, FakeStripe stripe) => ApiProcess.Start(directory, _operatorKey, new Dictionary<string, string>
    {
        ["Stripe__ApiKey"] = FakeStripe.Key, ["Stripe__WebhookSecret"] = FakeStripe.WebhookSecret, ["Stripe__BaseUrl"] = stripe.Address.ToString(),
    });

    private void Report(string line)
    {
        output.WriteLine(line);
        if (Environment.GetEnvironmentVariable("BUDGETS_REPORT") is { Length: > 0 } file)
        {
            File.AppendAllText(file, line + "\n");
        }
    }

    private static int Next(Random random, int from, int below)
    {
        lock (random)
        {
            return random.Next(from, below);
        }
    }

    private static string Text(decimal dollars) => dollars.ToString(System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>An agent that spends, one request after the other, and knows what it has spent.</summary>
    private sealed class Payer(string id, string apiKey)
    {
        private int _asked;
        private bool _isOpen;

        public string Id { get; } = id;

        public string ApiKey { get; } = apiKey;

        public decimal Spent { get; private set; }

        /// <summary>Until the host is gone.</summary>
        public async Task Spend(Rest rest, CancellationToken over)
        {
            using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(60));
            while (!over.IsCancellationRequested && await Ask(rest))
            {
                await pace.WaitForNextTickAsync(CancellationToken.None);
            }
        }

        /// <summary>Learns what has become of the request that the last kill left open.</summary>
        public async Task Finish(Rest rest)
        {
            if (_isOpen)
            {
                await Rest.UntilAnswered(async () =>
                {
                    await Ask(rest);
                    return new Answer(_isOpen ? 0 : 200, default, false, false);
                });
            }
        }

        /// <returns>False: there was no answer.</returns>
        private async Task<bool> Ask(Rest rest)
        {
            _asked += _isOpen ? 0 : 1;
            _isOpen = true;
            var answer = await rest.Post("/v1/charges", ApiKey, $$"""{"amount":{{Text(Each)}}}""", $"charge-{_asked}");
            if (answer.IsUnknown)
            {
                return answer.Status != 0;
            }

            answer.Status.Should().BeOneOf(200, 201, 402);
            Spent += answer.Status == 402 ? 0 : Each;
            _isOpen = false;
            return true;
        }
    }
}
