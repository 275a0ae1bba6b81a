using Budgets.ApiHost.Auth;
using Budgets.Tests.Cluster;
using Budgets.Tests.Crash;

namespace Budgets.Tests.Approvals;

/// <summary>Agents ask, an operator says yes, they spend, and the host is killed in the middle of it, again and again. BUDGETS_KILLS: how often (default 4).</summary>
[Collection(nameof(OneSiege))]
public sealed class KillNineApprovalTests
{
    /// <summary>New ones each time: those before have soon asked as often as they may.</summary>
    private const int AgentsOfALife = 6;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly int Kills = SiloFaultsTests.Number("BUDGETS_KILLS", 4);

    private readonly string _operatorKey = ApiKey.New(ApiKey.OperatorPrefix);

    [Fact]
    public async Task Killed_at_any_moment_every_permission_is_used_once_and_none_is_lost()
    {
        var directory = Directory.CreateTempSubdirectory("budgets-approvals-").FullName;
        var random = new Random(KillNineTests.Seed());
        var askers = new List<Asker>();
        try
        {
            for (var kill = 0; kill < Kills; kill++)
            {
                using var process = ApiProcess.Start(directory, _operatorKey);
                using var rest = new Rest((await process.Ready()).Address);
                var young = await Task.WhenAll(Enumerable.Range(0, AgentsOfALife).Select(_ => Asker.Open(rest, _operatorKey)));
                askers.AddRange(young);

                using var ends = new CancellationTokenSource();
                var asking = Task.WhenAll(askers.Select(a => a.Go(rest, ends.Token)));
                using var moment = new PeriodicTimer(TimeSpan.FromSeconds(0.02 + random.NextDouble()));
                await moment.WaitForNextTickAsync();
                await SomebodyHasBegun(young);
                await process.Kill();
                await ends.CancelAsync();
                await asking;
            }

            using var last = ApiProcess.Start(directory, _operatorKey);
            using var end = new Rest((await last.Ready()).Address);
            foreach (var asker in askers)
            {
                await asker.Finish(end);
            }

            askers.Should().HaveCount(Kills * AgentsOfALife).And.OnlyContain(a => a.Used > 0);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    /// <summary>On a machine that is somebody else's, little happens in a moment: there must be something to lose.</summary>
    private static async Task SomebodyHasBegun(Asker[] askers)
    {
        using var deadline = new CancellationTokenSource(Patience);
        using var pause = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        while (!Array.Exists(askers, a => a.HasBegun))
        {
            await pause.WaitForNextTickAsync(deadline.Token);
        }
    }

    /// <summary>One agent and its operator: asks, has it approved, uses it, and goes on where it stopped.</summary>
    private sealed class Asker(string operatorKey, string key)
    {
        private const int Cost = 50;
        private int _round;
        private string? _id;
        private bool _isApproved;

        public int Used { get; private set; }

        public bool HasBegun => _id is not null || Used > 0;

        public static async Task<Asker> Open(Rest rest, string operatorKey)
        {
            var opened = await rest.PostUntilAnswered("/v1/agents", operatorKey, """{"name":"asker","budget":{"approval_threshold":10}}""", null);
            return new Asker(operatorKey, opened.Body.GetProperty("api_key").GetString()!);
        }

        public async Task Go(Rest rest, CancellationToken ends)
        {
            // As many as an agent may ask in an hour.
            for (var goesOn = true; goesOn && !ends.IsCancellationRequested && _round < Approval.MostInAnHour;)
            {
                goesOn = await Step(rest);
            }
        }

        public async Task Finish(Rest rest)
        {
            while (_id is not null || Used == 0)
            {
                (await Step(rest)).Should().BeTrue("nobody kills it now");
            }

            var ledger = await rest.Get("/v1/agents/ledger?limit=100&kind=hold", key);
            var lines = ledger.Body.GetProperty("data").EnumerateArray().ToList();
            lines.Should().HaveCount(Used, "each permission is one spend");
            lines.Select(l => l.GetProperty("approval_id").GetString()).Should().OnlyHaveUniqueItems();
        }

        /// <returns>False: no answer came, and the same has to be tried again.</returns>
        private async Task<bool> Step(Rest rest)
        {
            if (_id is null)
            {
                var asked = await rest.Post("/v1/agents/approvals/request", key, $$"""{"operation":"op {{_round}}","estimated_cost":{{Cost}},"justification":"why"}""");
                _id = asked.IsUnknown ? null : asked.Body.GetProperty("approval_id").GetString();
                return _id is not null;
            }

            if (!_isApproved)
            {
                var approved = await rest.Post($"/v1/approvals/{_id}/approve", operatorKey, "{}");
                approved.Status.Should().BeOneOf([0, 200, 503], approved.Code);
                _isApproved = approved.Status == 200;
                return _isApproved;
            }

            // Twice at once, with two keys, and both are tried again until both are known.
            var uses = await Task.WhenAll(Enumerable.Range(1, 2).Select(k => rest.Post(
                "/v1/reservations", key, $$"""{"operation":"op {{_round}}","amount":{{Cost}},"approval_id":"{{_id}}"}""", $"{_round}-{k}")));
            if (uses.Any(u => u.IsUnknown))
            {
                return false;
            }

            uses.Select(u => u.Status).Should().BeEquivalentTo([201, 409], $"{uses[0].Code} {uses[1].Code}");
            (_id, _isApproved, _round, Used) = (null, false, _round + 1, Used + 1);
            return true;
        }
    }
}
