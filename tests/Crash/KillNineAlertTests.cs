using System.Diagnostics;
using Budgets.ApiHost.Auth;
using Budgets.Tests.Alerts;
using Budgets.Tests.Cluster;
using Xunit.Abstractions;

namespace Budgets.Tests.Crash;

/// <summary>
/// Agents spend through their thresholds into refusal while the host is killed, and their receiver fails half the time. BUDGETS_ALERTS: how many letters (default 200).
/// BUDGETS_KILLS: how often (default 4). BUDGETS_SEED, BUDGETS_REPORT: as for the other crashes. scripts/alerts.sh sets them.
/// </summary>
[Collection(nameof(AloneOnTheMachine))]
public sealed class KillNineAlertTests(ITestOutputHelper output)
{
    /// <summary>An agent's next request comes after this: it spends for several seconds, and most kills find it at it.</summary>
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(250);

    /// <summary>
    /// From the last start: whoever waits is woken within two steps, and has some ten letters, each of which waits five seconds once. Of 16 calls at a time, a quarter lasts 0.8 s.
    /// </summary>
    private static readonly TimeSpan ArrivesWithin = TimeSpan.FromMinutes(2) + (SiloFaultsTests.Number("BUDGETS_ALERTS", 200) * TimeSpan.FromMilliseconds(30));

    /// <summary>From a receiver's taking a letter until that is known here: the receiver's delay and an append, on a busy machine.</summary>
    private static readonly TimeSpan WrittenWithin = TimeSpan.FromSeconds(10);

    /// <summary>Of an agent, about: to know how many agents a life needs.</summary>
    private const int LettersOfAnAgent = 6;

    private static readonly int Letters = SiloFaultsTests.Number("BUDGETS_ALERTS", 200);
    private static readonly int Kills = SiloFaultsTests.Number("BUDGETS_KILLS", 4);

    private readonly string _operatorKey = ApiKey.New(ApiKey.OperatorPrefix);
    private readonly List<Watched> _agents = [];

    [Fact]
    public async Task Killed_at_any_moment_every_alert_arrives_with_one_id_in_order_and_none_is_invented()
    {
        var directory = Directory.CreateTempSubdirectory("budgets-crash-").FullName;
        var seed = KillNineTests.Seed();
        var (random, tally, began) = (new Random(seed), new Tally(seed), Stopwatch.GetTimestamp());
        var receiving = new Receiving(seed);
        await using var box = await Postbox.Open(receiving.Answer, receiving.Lag);
        try
        {
            while (tally.Kills < Kills)
            {
                if (_agents.Count > 0 && random.Next(4) == 0)
                {
                    await KillWhileItStarts(directory, random, tally);
                    continue;
                }

                await Live(directory, box, random, tally);
            }

            using var last = Start(directory);
            var (address, took) = await last.Ready();
            tally.Started(took);
            using (var rest = new Rest(address))
            {
                await Spend(rest, box, Letters, random, tally);
                await AlertAudit.AllArrive(box, _agents, ArrivesWithin);
                await Audit(rest, tally);
            }

            last.Terminate();
            (await last.Exited()).Should().Be(0, last.Output);
            AuditFile(directory, tally);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }

        Report($"{AlertAudit.Judge(box, _agents, tally)}\nsent again after no answer {_agents.Sum(a => a.Unanswered)}, {Stopwatch.GetElapsedTime(began).TotalSeconds:0} s, {tally}");
        tally.IsClean.Should().BeTrue(tally.ToString());
        var posted = box.Posted;
        (posted.Count(p => !p.IsTaken) / (double)posted.Count).Should().BeInRange(0.4, 0.6, "the receiver fails half the time");
    }

    /// <summary>One life: new agents, and those that the life before has left in the middle, until the host is killed.</summary>
    private async Task Live(string directory, Postbox box, Random random, Tally tally)
    {
        using var process = Start(directory);
        var (address, took) = await process.Ready();
        tally.Started(took);
        using var rest = new Rest(address);
        var spending = await Begin(rest, box, Letters * (tally.Kills + 1) / (Kills + 1), random, tally);
        using var moment = new PeriodicTimer(TimeSpan.FromSeconds(0.3 + (random.NextDouble() * 7)));
        await moment.WaitForNextTickAsync();
        if (process.HasExited)
        {
            tally.Wrong($"it ended by itself:\n{process.Output}");
        }

        await process.Kill();
        tally.Kills++;
        await spending;
    }

    private async Task KillWhileItStarts(string directory, Random random, Tally tally)
    {
        using var process = Start(directory);
        using var moment = new PeriodicTimer(TimeSpan.FromSeconds(0.001 + (random.NextDouble() * 2.5)));
        await moment.WaitForNextTickAsync();
        await process.Kill();
        tally.Kills++;
    }

    /// <summary>Opens agents for so many letters in all, and lets all spend that are not done.</summary>
    private async Task<Task> Begin(Rest rest, Postbox box, int letters, Random random, Tally tally)
    {
        var missing = (letters - _agents.Sum(a => a.IsDone ? a.Letters.Count() : LettersOfAnAgent)) / LettersOfAnAgent;
        foreach (var some in Enumerable.Range(0, Math.Max(1, missing)).Select(_ => random.Next()).ToList().Chunk(8))
        {
            _agents.AddRange(await Task.WhenAll(some.Select(s => Watched.Open(rest, _operatorKey, box.Address, s))));
        }

        return Task.WhenAll(_agents.Where(a => !a.IsDone).Select(a => a.Spend(rest, Pace, tally)));
    }

    private async Task Spend(Rest rest, Postbox box, int letters, Random random, Tally tally)
    {
        do
        {
            await await Begin(rest, box, letters, random, tally);
        }
        while (_agents.Sum(a => a.Letters.Count()) < letters);
    }

    /// <summary>What a receiver has taken may be on its way to be written down: it answers late on purpose.</summary>
    private async Task<(int Waiting, long Dropped)> Queue(Rest rest, Watched agent, Hook hook)
    {
        using var deadline = new CancellationTokenSource(WrittenWithin);
        using var pause = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        while (true)
        {
            var alerts = await Rest.UntilAnswered(() => hook.Layer == "a" ? rest.Get($"/v1/agents/{agent.Agent}/alerts", _operatorKey) : rest.Get("/v1/agents/alerts", agent.ApiKey));
            var (waiting, dropped) = (alerts.Body.GetProperty("waiting").GetInt32(), alerts.Body.GetProperty("dropped").GetInt64());
            if (waiting == 0 || deadline.IsCancellationRequested)
            {
                return (waiting, dropped);
            }

            await pause.WaitForNextTickAsync();
        }
    }

    /// <summary>Nothing is left to be sent, and each budget has spent what its agent knows of.</summary>
    private async Task Audit(Rest rest, Tally tally)
    {
        foreach (var agent in _agents)
        {
            if (!agent.IsDone)
            {
                tally.Wrong($"{agent.Agent} is not done");
            }

            foreach (var hook in agent.Hooks)
            {
                var (waiting, dropped) = await Queue(rest, agent, hook);
                if ((waiting, dropped) != (0, 0))
                {
                    tally.Wrong($"of {hook.Path} {waiting} letters wait and {dropped} were dropped");
                }
            }

            var budget = await Rest.UntilAnswered(() => rest.Get("/v1/agents/budget", agent.ApiKey));
            foreach (var window in budget.Body.GetProperty("windows").EnumerateArray())
            {
                if ((Intent.Nanos(window, "spent"), Intent.Nanos(window, "held")) is var (spent, held) && (spent, held) != (agent.Spent, 0))
                {
                    tally.Wrong($"{agent.Agent} says {spent} spent and {held} held, its agent has spent {agent.Spent}");
                }
            }
        }
    }

    /// <summary>The entries of every journal, in the file that no process has open any more.</summary>
    private void AuditFile(string directory, Tally tally)
    {
        var journals = LedgerFile.Read(Path.Combine(directory, "budgets.db"), tally);
        foreach (var agent in _agents)
        {
            var sums = journals[$"budget/{agent.Agent}"];
            if (sums.Spent != agent.Spent || sums.Open.Count > 0)
            {
                tally.Wrong($"{agent.Agent}: the file adds up to {sums.Spent} with {sums.Open.Count} holds, its agent has spent {agent.Spent}");
            }
        }
    }

    private ApiProcess Start(string directory) => ApiProcess.Start(directory, _operatorKey, new Dictionary<string, string> { ["Budgets__Webhooks__AllowedNetworks"] = "127.0.0.0/8" });

    private void Report(string line)
    {
        output.WriteLine(line);
        if (Environment.GetEnvironmentVariable("BUDGETS_REPORT") is { Length: > 0 } file)
        {
            File.AppendAllText(file, line + "\n");
        }
    }
}
