using Budgets.ApiHost.Auth;

namespace Budgets.Tests.Crash;

/// <summary>Budgets and the clients that spend from them, through all that happens to the service meanwhile.</summary>
/// <param name="wide">Budgets that never refuse. One more is tight, and every third request goes to it.</param>
/// <param name="patience">How long a client asks again with the same key, until it knows; null: it does not, and the next audit does.</param>
/// <param name="longestRest">How long a client rests at most, now and then; null: it never does.</param>
/// <param name="isFamily">Instead of the wide budgets, a family under a tight cap, four levels deep.</param>
internal class Crowd(int seed, int clients = 8, int wide = 5, TimeSpan? patience = null, TimeSpan? longestRest = null, bool isFamily = false)
{
    private const long Wide = 1_000_000_000_000_000;

    private readonly List<Purse> _purses = [];
    private readonly List<Spender> _spenders = [];
    private readonly Random _random = new(seed);

    public Tally Tally { get; } = new(seed);

    public string OperatorKey { get; } = ApiKey.New(ApiKey.OperatorPrefix);

    public IReadOnlyList<Purse> Purses => _purses;

    /// <summary>The budgets: several that never refuse, and a tight one.</summary>
    public async Task Open(Rest rest)
    {
        if (isFamily)
        {
            await Found(rest);
            _spenders.AddRange(Enumerable.Range(1, clients).Select(n => new Spender(n, _random.Next(), _purses, Tally, patience, longestRest)));
            return;
        }

        for (var i = 0; i <= wide; i++)
        {
            _purses.Add(await Open(rest, isTight: i == wide));
        }

        Purse[] asked = [.. _purses, .. Enumerable.Repeat(_purses[^1], (wide + 1) / 2 - 1)];
        _spenders.AddRange(Enumerable.Range(1, clients).Select(n => new Spender(n, _random.Next(), asked, Tally, patience, longestRest)));
    }

    /// <summary>Puts a little more under the tight cap: it is exhausted anew each time.</summary>
    public async Task RaiseCap(Rest rest)
    {
        var tight = _purses[^1];
        tight.Cap = Math.Max(tight.Cap, tight.Subtree.Sum(p => p.Spent)) + (isFamily ? _random.NextInt64(100_000_000, 1_500_000_000) : _random.NextInt64(1_000_000_000, 6_000_000_000));
        var answer = await rest.PostUntilAnswered($"/v1/agents/{tight.Agent}/budget", OperatorKey, $$"""{"total_limit":{{Intent.Dollars(tight.Cap)}}}""", null);
        answer.Status.Should().Be(200, answer.Code);
    }

    /// <summary>All clients spend until <paramref name="end"/> is done.</summary>
    public async Task Spend(Rest rest, Func<Task> end)
    {
        using var stop = new CancellationTokenSource();
        var spending = _spenders.Select(s => Task.Run(() => s.Spend(rest, stop.Token))).ToList();
        try
        {
            await end();
        }
        finally
        {
            await stop.CancelAsync();
            await Task.WhenAll(spending);
        }
    }

    public Task Audit(Rest rest, bool drained = false) => new Audit(rest, _purses, _spenders, Tally).Run(drained);

    /// <summary>Nobody spends any more: what was spent becomes known further up.</summary>
    public Task Settle(Rest rest) => new Audit(rest, _purses, _spenders, Tally).AtRest();

    /// <summary>A moment of the nemesis' choosing.</summary>
    public async Task Moment(double leastSeconds, double mostSeconds)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(leastSeconds + (_random.NextDouble() * (mostSeconds - leastSeconds))));
        await timer.WaitForNextTickAsync();
    }

    public bool OneIn(int n) => Below(n) == 0;

    /// <summary>From 0, and less than n.</summary>
    public int Below(int n) => _random.Next(n);

    /// <summary>The root comes last: its cap is the one that is raised. Of its descendants every third has a tight budget of its own.</summary>
    private async Task Found(Rest rest)
    {
        var root = await Open(rest, isTight: true, hasRelatives: true);
        List<Purse> level = [root];
        foreach (var fanOut in (int[])[2, 2, 1])
        {
            var below = new List<Purse>();
            foreach (var parent in level)
            {
                for (var i = 0; i < fanOut; i++)
                {
                    var cap = (_purses.Count + below.Count) % 3 == 2 ? 3_000_000_000 : Wide;
                    var born = await rest.PostUntilAnswered("/v1/agents/create-child", parent.ApiKey, $$"""{"child_name":"crash","total_budget":{{Intent.Dollars(cap)}}}""", null);
                    born.Status.Should().Be(201, born.Code);
                    below.Add(new Purse(born.Body.GetProperty("child_id").GetString()!, born.Body.GetProperty("api_key").GetString()!, isTight: true) { Cap = cap, HasRelatives = true });
                    parent.Children.Add(below[^1]);
                }
            }

            _purses.AddRange(below);
            level = below;
        }

        _purses.Add(root);
    }

    private async Task<Purse> Open(Rest rest, bool isTight, bool hasRelatives = false)
    {
        var cap = isTight ? 1_000_000_000 : Wide;
        var body = $$$"""{"name":"crash","budget":{"total_limit":{{{Intent.Dollars(cap)}}}}}""";
        var answer = await rest.PostUntilAnswered("/v1/agents", OperatorKey, body, null);
        answer.Status.Should().Be(201, answer.Code);
        return new Purse(answer.Body.GetProperty("agent_id").GetString()!, answer.Body.GetProperty("api_key").GetString()!, isTight) { Cap = cap, HasRelatives = hasRelatives };
    }
}
