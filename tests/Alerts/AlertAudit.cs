using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Budgets.Tests.Crash;

namespace Budgets.Tests.Alerts;

/// <summary>What has arrived, against what the model of each agent expects.</summary>
internal static class AlertAudit
{
    /// <summary>A receiver that looks at the time would refuse what is older.</summary>
    private static readonly TimeSpan Fresh = TimeSpan.FromMinutes(1);

    /// <summary>Completes when every expected letter has arrived, or after this time.</summary>
    public static async Task AllArrive(Postbox box, IReadOnlyCollection<Watched> watched, TimeSpan within)
    {
        using var deadline = new CancellationTokenSource(within);
        using var pause = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        foreach (var letter in watched.SelectMany(w => w.Letters).ToList())
        {
            while (!box.HasArrived(letter.Id) && !deadline.IsCancellationRequested)
            {
                await pause.WaitForNextTickAsync();
            }
        }
    }

    /// <returns>The counts, for people.</returns>
    public static string Judge(Postbox box, IReadOnlyCollection<Watched> watched, Tally tally)
    {
        var posted = box.Posted;
        var expected = watched.SelectMany(w => w.Letters).ToDictionary(l => l.Id);
        foreach (var call in posted)
        {
            if (!expected.TryGetValue(call.Id, out var letter))
            {
                tally.Doubled($"nobody expects {call.Id} at {call.Path}: {call.Body}");
            }
            else if (FaultOf(call, letter) is { } fault)
            {
                tally.Wrong($"{call.Id}, call {call.Time}: {fault}");
            }
        }

        foreach (var same in posted.GroupBy(p => p.Id).Where(g => g.Select(p => p.Body).Distinct().Count() > 1))
        {
            tally.Wrong($"{same.Key} had several bodies: {string.Join(" and ", same.Select(p => p.Body).Distinct())}");
        }

        var taken = posted.Where(p => p.IsTaken).DistinctBy(p => p.Id).ToList();
        foreach (var lost in expected.Keys.Except(taken.Select(t => t.Id)))
        {
            tally.Lost($"{lost} never arrived; it was sent {posted.Count(p => p.Id == lost)} times");
        }

        foreach (var arrived in taken.Where(t => expected.ContainsKey(t.Id)).GroupBy(t => t.Path, t => expected[t.Id].Number))
        {
            if (!arrived.SequenceEqual(arrived.Order()))
            {
                tally.Wrong($"{arrived.Key} heard of its alerts in the order {string.Join(' ', arrived)}");
            }
        }

        var failed = posted.Count(p => !p.IsTaken);
        return $"{expected.Count} letters expected of {watched.Count} agents, {taken.Count} arrived; {posted.Count} calls, {failed} of them failed, "
            + $"{posted.Count - failed - taken.Count} came again after they had been taken\n{Table(expected.Values, taken.Select(t => expected.GetValueOrDefault(t.Id)))}";
    }

    private static string? FaultOf(Posted call, ExpectedLetter letter)
    {
        if (call.Path != letter.Hook.Path)
        {
            return $"came to {call.Path}";
        }

        var key = Convert.FromBase64String(letter.Hook.Secret["whsec_".Length..]);
        var signature = "v1," + Convert.ToBase64String(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes($"{call.Id}.{call.Timestamp}.{call.Body}")));
        if (!call.Signature.Split(' ').Contains(signature))
        {
            return "its signature is wrong";
        }

        var age = call.At - DateTimeOffset.FromUnixTimeSeconds(long.Parse(call.Timestamp, CultureInfo.InvariantCulture));
        if (age > Fresh || age < -Fresh)
        {
            return $"it was {age.TotalSeconds:0} s old";
        }

        using var json = JsonDocument.Parse(call.Body);
        var body = json.RootElement;
        var said = (
            body.GetProperty("agent_id").GetString(), body.GetProperty("alert_type").GetString(), body.GetProperty("limit_type").GetString(), Intent.Nanos(body, "amount_spent"),
            body.TryGetProperty("also_crossed", out var also) ? string.Join(' ', also.EnumerateArray()) : "");
        var alert = letter.Alert;
        return said == (letter.Agent, alert.Type, alert.Limit, alert.Spent, string.Join(' ', alert.Passed)) ? null : $"it says {said}, expected is {alert}";
    }

    private static string Table(IEnumerable<ExpectedLetter> expected, IEnumerable<ExpectedLetter?> arrived)
    {
        var counts = arrived.OfType<ExpectedLetter>().CountBy(KindOf).ToDictionary();
        return string.Join('\n', expected.CountBy(KindOf).OrderBy(k => k.Key).Select(k => $"  {k.Key.Type} {k.Key.Limit} {k.Key.Threshold}: {counts.GetValueOrDefault(k.Key)} of {k.Value}"));

        static (string Type, string Limit, int Threshold) KindOf(ExpectedLetter l) => (l.Alert.Type, l.Alert.Limit, l.Alert.Threshold);
    }
}
