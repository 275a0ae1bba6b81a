using Budgets.ApiHost.Auth;

namespace Budgets.Tests.Crash;

/// <summary>One data directory, its budgets and its clients, through many lives of the process.</summary>
internal sealed class Siege : IDisposable
{
    private const int Clients = 8;
    private const int WidePurses = 5;
    private const long Wide = 1_000_000_000_000_000;

    private readonly string _operatorKey = ApiKey.New(ApiKey.OperatorPrefix);
    private readonly List<Purse> _purses = [];
    private readonly List<Spender> _spenders = [];
    private readonly Random _random;

    public Siege(int seed)
    {
        Tally = new Tally(seed);
        _random = new Random(seed);
    }

    public Tally Tally { get; }

    public string Directory { get; } = System.IO.Directory.CreateTempSubdirectory("budgets-crash-").FullName;

    public void Dispose() => System.IO.Directory.Delete(Directory, recursive: true);

    public ApiProcess Start() => ApiProcess.Start(Directory, _operatorKey);

    /// <summary>Waits until it is ready, and notes how long that took.</summary>
    public async Task<Rest> Ready(ApiProcess process)
    {
        var (address, took) = await process.Ready();
        Tally.Started(took);
        return new Rest(address);
    }

    /// <summary>The budgets: several that never refuse, and a tight one, which every third request goes to.</summary>
    public async Task Open(Rest rest)
    {
        for (var i = 0; i <= WidePurses; i++)
        {
            _purses.Add(await Open(rest, isTight: i == WidePurses));
        }

        Purse[] asked = [.. _purses, _purses[^1], _purses[^1]];
        _spenders.AddRange(Enumerable.Range(1, Clients).Select(n => new Spender(n, _random.Next(), asked, Tally)));
    }

    /// <summary>Puts a little more under the tight cap: every life exhausts it anew.</summary>
    public async Task RaiseCap(Rest rest)
    {
        var tight = _purses[^1];
        tight.Cap = Math.Max(tight.Cap, tight.Spent) + _random.NextInt64(1_000_000_000, 6_000_000_000);
        var answer = await rest.PostUntilAnswered($"/v1/agents/{tight.Agent}/budget", _operatorKey, $$"""{"total_limit":{{Intent.Dollars(tight.Cap)}}}""", null);
        answer.Status.Should().Be(200, answer.Code);
    }

    /// <summary>All clients spend until <paramref name="end"/> is done.</summary>
    public async Task Spend(Rest rest, Func<Task> end)
    {
        using var stop = new CancellationTokenSource();
        var spending = _spenders.Select(s => Task.Run(() => s.Spend(rest, stop.Token))).ToList();
        await end();
        await stop.CancelAsync();
        await Task.WhenAll(spending);
    }

    public Task Audit(Rest rest, bool drained = false) => new Audit(rest, _purses, _spenders, Tally).Run(drained);

    /// <summary>The file, which no process has open any more, against everything the ledgers have shown.</summary>
    public void AuditFile()
    {
        var journals = LedgerFile.Read(Path.Combine(Directory, "budgets.db"), Tally);
        foreach (var purse in _purses)
        {
            var sums = journals[$"budget/{purse.Agent}"];
            if ((sums.LastSeq, sums.Spent, sums.Keys.Count) != (purse.LastSeq, purse.Spent, purse.Keys.Count))
            {
                Tally.Wrong(
                    $"{purse.Agent}: the file has {sums.LastSeq} entries, {sums.Keys.Count} keys and {sums.Spent} spent; its ledger showed {purse.LastSeq}, {purse.Keys.Count} and {purse.Spent}");
            }
        }
    }

    /// <summary>A moment of the nemesis' choosing.</summary>
    public async Task Moment(double leastSeconds, double mostSeconds)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(leastSeconds + (_random.NextDouble() * (mostSeconds - leastSeconds))));
        await timer.WaitForNextTickAsync();
    }

    public bool OneIn(int n) => _random.Next(n) == 0;

    private async Task<Purse> Open(Rest rest, bool isTight)
    {
        var cap = isTight ? 1_000_000_000 : Wide;
        var body = $$$"""{"name":"crash","budget":{"total_limit":{{{Intent.Dollars(cap)}}}}}""";
        var answer = await rest.Post("/v1/agents", _operatorKey, body);
        answer.Status.Should().Be(201, answer.Code);
        return new Purse(answer.Body.GetProperty("agent_id").GetString()!, answer.Body.GetProperty("api_key").GetString()!, isTight) { Cap = cap };
    }
}
