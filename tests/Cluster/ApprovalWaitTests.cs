using System.Diagnostics;
using System.Globalization;
using Budgets.ApiHost.Auth;
using Budgets.Tests.Crash;
using Xunit.Abstractions;

namespace Budgets.Tests.Cluster;

/// <summary>A thousand wait at one API host, and somebody decides at the other.</summary>
[Collection(nameof(AloneOnTheMachine))]
public sealed class ApprovalWaitTests(ITestOutputHelper output)
{
    private const int Waiters = 1_000;
    private const long MostBytes = 50_000_000;

    private readonly string _operatorKey = ApiKey.New(ApiKey.OperatorPrefix);

    [Fact]
    public async Task A_thousand_waiters_cost_little_and_hear_of_a_decision_at_another_host_within_a_second()
    {
        await using var fleet = await Fleet.Start(_operatorKey);
        var opened = await fleet.Rest.PostUntilAnswered("/v1/agents", _operatorKey, """{"name":"asker"}""", null);
        var key = opened.Body.GetProperty("api_key").GetString()!;
        var (here, there) = (fleet.Hosts[0], fleet.Hosts[1]);

        // Once with few waiters first: what a host needs to work at all is no waiter's.
        await Decided(fleet, here, there, key, 50, "first");
        var (took, bytes) = await Decided(fleet, here, there, key, Waiters, "second");

        output.WriteLine($"{Waiters} waiters: {bytes / 1e6:0.0} MB more resident, the last was answered {took.TotalMilliseconds:0} ms after the decision");
        bytes.Should().BeLessThan(MostBytes);
        took.Should().BeLessThan(TimeSpan.FromSeconds(1));
    }

    private async Task<(TimeSpan Took, long Bytes)> Decided(Fleet fleet, Rest here, Rest there, string key, int waiters, string operation)
    {
        var asked = await here.PostUntilAnswered("/v1/agents/approvals/request", key, $$"""{"operation":"{{operation}}","estimated_cost":50,"justification":"why"}""", null);
        var id = asked.Body.GetProperty("approval_id").GetString();
        var before = Resident(fleet.HostIds[0]);
        var waiting = Enumerable.Range(0, waiters).Select(_ => Task.Run(() => here.Get($"/v1/agents/approvals/{id}?wait=60", key))).ToList();
        using var whileTheyCome = new PeriodicTimer(TimeSpan.FromSeconds(4));
        await whileTheyCome.WaitForNextTickAsync();
        waiting.Should().OnlyContain(w => !w.IsCompleted);
        var bytes = Resident(fleet.HostIds[0]) - before;

        var denied = await there.Post($"/v1/approvals/{id}/deny", _operatorKey, """{"denial_reason":"no"}""");
        var since = Stopwatch.GetTimestamp();
        denied.Status.Should().Be(200, denied.Code);
        var answers = await Task.WhenAll(waiting);
        var took = Stopwatch.GetElapsedTime(since);
        answers.Should().OnlyContain(a => a.Status == 200 && a.Body.GetProperty("status").GetString() == "denied");
        return (took, bytes);
    }

    /// <summary>Bytes, as Linux tells them.</summary>
    private static long Resident(int process) => 1_024 * File.ReadLines($"/proc/{process}/status")
        .Where(l => l.StartsWith("VmRSS:", StringComparison.Ordinal)).Select(l => long.Parse(l.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture)).Single();
}
