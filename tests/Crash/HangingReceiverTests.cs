using System.Diagnostics;
using System.Globalization;
using Budgets.ApiHost.Auth;
using Budgets.Tests.Alerts;
using Budgets.Tests.Couriers;
using Budgets.Tests.Journal;
using Xunit.Abstractions;

namespace Budgets.Tests.Crash;

/// <summary>Fifty agents whose receivers do their worst, in the real host: they harm nobody, and not even their own agents' spending.</summary>
[Collection(nameof(AloneOnTheMachine))]
public sealed class HangingReceiverTests(ITestOutputHelper output)
{
    private const int Hostile = 50;
    private const int Healthy = 5;

    /// <summary>Of each hostile agent.</summary>
    private const int Letters = 10;

    private const int Charges = 3_000;
    private const int Clients = 8;
    private const int Rounds = 3;

    /// <summary>A healthy receiver hears of what happened within this time, on a machine that is busy otherwise.</summary>
    private static readonly TimeSpan HeardWithin = TimeSpan.FromSeconds(3);

    /// <summary>What 500 letters that wait and 50 calls under way may cost the host.</summary>
    private const int MostMoreThreads = 12;
    private const long MostMoreMegabytes = 96;

    /// <summary>A charge of an agent whose receiver hangs may take so much longer, at the 99th percentile: what two runs without differ by on a shared machine.</summary>
    private const double MostTimesSlower = 2;
    private static readonly TimeSpan Noise = TimeSpan.FromMilliseconds(15);

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly string _operatorKey = ApiKey.New(ApiKey.OperatorPrefix);

    [Fact]
    public async Task Receivers_that_hang_drip_or_pour_cost_neither_threads_nor_memory_nor_other_agents_alerts_nor_their_own_agents_time()
    {
        await using var hanging = Receiver.Hanging();
        await using var dripping = new Receiver(Drip);
        await using var pouring = new Receiver(Pour);
        await using var healthy = await Postbox.Open(_ => 200);
        using var scratch = new ScratchDirectory();
        using var host = ApiProcess.Start(scratch.Path, _operatorKey, new Dictionary<string, string> { ["Budgets__Webhooks__AllowedNetworks"] = "127.0.0.0/8" });
        using var rest = new Rest((await host.Ready()).Address);

        // Each hostile agent's receiver has an address of its own: a limit of connections for one receiver would be a help.
        var receivers = new[] { hanging, hanging, dripping, pouring };
        var hostile = await Task.WhenAll(Enumerable.Range(0, Hostile).Select(i => Open(rest, receivers[i % receivers.Length].Url($"127.0.1.{i + 1}"))));
        var others = await Task.WhenAll(Enumerable.Range(0, Healthy).Select(i => Open(rest, new Uri(healthy.Address, $"/{i}").ToString())));
        for (var i = 0; i < Rounds; i++)
        {
            await Spend(rest, hostile);
        }

        var (without, before) = (await Median(() => Spend(rest, hostile)), Resources.Of(host.Id));

        // Five percent of a thousand, ten times.
        for (var i = 0; i < Letters; i++)
        {
            await Task.WhenAll(hostile.Select(agent => Charge(rest, agent, "50")));
        }

        // Until the receivers that hang have been given up once, and are called again.
        var (most, hung) = (before, new List<TimeSpan>());
        var called = 2 * Enumerable.Range(0, Hostile).Count(i => receivers[i % receivers.Length] == hanging);
        using var pause = new PeriodicTimer(TimeSpan.FromSeconds(1));
        for (var i = 0; hung.Count < Rounds || hanging.Count < called; i = (i + 1) % Healthy)
        {
            await pause.WaitForNextTickAsync();
            if (hung.Count < Rounds)
            {
                // No more than before: what charges cost by themselves must not count as the letters' cost.
                hung.Add(await Spend(rest, hostile));
            }

            var heard = await Hears(rest, others[i], healthy, i);
            heard.Should().BeLessThan(HeardWithin, "others' alerts are not delayed");
            most = Resources.Most(most, Resources.Of(host.Id));
            output.WriteLine($"p99 {hung[^1].TotalMilliseconds:0.0} ms (without {without.TotalMilliseconds:0.0}), heard after {heard.TotalMilliseconds:0} ms, host {Resources.Of(host.Id)} (before {before})");
        }

        (await Waiting(rest, hostile)).Should().Be(Hostile * Letters, "so many letters hang");
        (hanging.Count + dripping.Count + pouring.Count).Should().BeGreaterThanOrEqualTo(Hostile, "all of them were called");
        (most.Threads - before.Threads).Should().BeLessThanOrEqualTo(MostMoreThreads);
        (most.Megabytes - before.Megabytes).Should().BeLessThanOrEqualTo(MostMoreMegabytes);
        hung.Order().ElementAt(hung.Count / 2).Should().BeLessThan((without * MostTimesSlower) + Noise);
        host.Terminate();
        (await host.Exited()).Should().Be(0, host.Output);
    }

    private static async Task Drip(Visit visit)
    {
        await visit.Read();
        await visit.Write("HTTP/1.1 200 OK\r\n");
        using var drop = new PeriodicTimer(TimeSpan.FromMilliseconds(200));
        while (!visit.HungUp.IsCompleted && await drop.WaitForNextTickAsync(visit.Closed))
        {
            await visit.Write("X-Drip: drop\r\n");
        }
    }

    private static async Task Pour(Visit visit)
    {
        await visit.Read();
        await visit.Write("HTTP/1.1 500 Oh\r\nContent-Length: 10485760\r\n\r\n");
        var water = new string('w', 1 << 16);
        for (var i = 0; i < 160; i++)
        {
            await visit.Write(water);
        }
    }

    private async Task<(string Id, string Key)> Open(Rest rest, string url)
    {
        var opened = await rest.Post("/v1/agents", _operatorKey, """{"name":"hung","budget":{"total_limit":1000}}""");
        opened.Status.Should().Be(201, opened.Code);
        var (id, key) = (opened.Body.GetProperty("agent_id").GetString()!, opened.Body.GetProperty("api_key").GetString()!);
        var thresholds = string.Join(',', Enumerable.Range(1, Letters).Select(n => 5 * n));
        var set = await rest.Post("/v1/agents/alerts", key, $$"""{"thresholds":[{{thresholds}}],"webhook_url":"{{url}}"}""");
        set.Status.Should().Be(200, set.Code);
        return (id, key);
    }

    private static async Task Charge(Rest rest, (string Id, string Key) agent, string amount)
    {
        var answer = await rest.Post("/v1/charges", agent.Key, $$"""{"amount":{{amount}}}""");
        answer.Status.Should().Be(201, answer.Code);
    }

    /// <summary>Charges that cross no threshold, several at a time.</summary>
    /// <returns>How long one takes, at the 99th percentile.</returns>
    private static async Task<TimeSpan> Spend(Rest rest, (string Id, string Key)[] agents)
    {
        var took = new TimeSpan[Charges];
        await Parallel.ForAsync(0, Charges, new ParallelOptions { MaxDegreeOfParallelism = Clients }, async (i, _) =>
        {
            var began = Stopwatch.GetTimestamp();
            await Charge(rest, agents[i % agents.Length], "0.01");
            took[i] = Stopwatch.GetElapsedTime(began);
        });
        return took.Order().ElementAt(Charges * 99 / 100);
    }

    /// <returns>From the charge's answer until its receiver heard of it.</returns>
    private static async Task<TimeSpan> Hears(Rest rest, (string Id, string Key) agent, Postbox box, int number)
    {
        var heard = box.Posted.Count(p => p.Path == $"/{number}");
        await Charge(rest, agent, "50");
        var began = Stopwatch.GetTimestamp();
        using var deadline = new CancellationTokenSource(Patience);
        using var pause = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        while (box.Posted.Count(p => p.Path == $"/{number}") == heard)
        {
            await pause.WaitForNextTickAsync(deadline.Token);
        }

        return Stopwatch.GetElapsedTime(began);
    }

    private static async Task<TimeSpan> Median(Func<Task<TimeSpan>> measure)
    {
        var all = new List<TimeSpan>();
        for (var i = 0; i < Rounds; i++)
        {
            all.Add(await measure());
        }

        return all.Order().ElementAt(Rounds / 2);
    }

    private static async Task<int> Waiting(Rest rest, IEnumerable<(string Id, string Key)> agents)
    {
        var all = 0;
        foreach (var (_, key) in agents)
        {
            all += (await rest.Get("/v1/agents/alerts", key)).Body.GetProperty("waiting").GetInt32();
        }

        return all;
    }

    /// <summary>What the kernel says of a process.</summary>
    private readonly record struct Resources(int Threads, long Megabytes)
    {
        public static Resources Of(int process)
        {
            var status = File.ReadLines($"/proc/{process}/status").Select(l => l.Split(':', 2)).ToDictionary(l => l[0], l => l[1].Trim());
            return new(int.Parse(status["Threads"], CultureInfo.InvariantCulture), long.Parse(status["VmRSS"].Split(' ')[0], CultureInfo.InvariantCulture) >> 10);
        }

        public static Resources Most(Resources a, Resources b) => new(Math.Max(a.Threads, b.Threads), Math.Max(a.Megabytes, b.Megabytes));

        public override string ToString() => $"{Threads} threads, {Megabytes} MB";
    }
}
