using System.Buffers;
using System.Globalization;
using Budgets.ApiHost.Auth;
using Budgets.Journal;
using Budgets.Ledger;
using Budgets.Storage.Sqlite;
using Microsoft.Data.Sqlite;

namespace Budgets.Tests.Crash;

/// <summary>A start does not read every budget. BUDGETS_IN_FILE: how many there are (default 50,000; scripts/million.sh asks for 1,000,000).</summary>
[Collection(nameof(AloneOnTheMachine))]
public sealed class LargeFileTests : IDisposable
{
    private const int AtOnce = 20_000;

    private static readonly int Budgets = int.Parse(Environment.GetEnvironmentVariable("BUDGETS_IN_FILE") ?? "50000", CultureInfo.InvariantCulture);

    private readonly string _directory = Directory.CreateTempSubdirectory("budgets-crash-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task It_starts_within_three_seconds_however_many_budgets_there_are()
    {
        await Fill();
        var key = ApiKey.New(ApiKey.OperatorPrefix);

        var starts = new List<TimeSpan>();
        while (starts.Count < 3)
        {
            using var process = ApiProcess.Start(_directory, key);
            var (address, took) = await process.Ready();
            starts.Add(took);
            using var rest = new Rest(address);
            await LookAtSome(rest, key);
        }

        Report(starts);
        starts.Order().ElementAt(1).Should().BeLessThan(ApiProcess.StartsWithin, $"of {Budgets} budgets");
    }

    private static async Task LookAtSome(Rest rest, string key)
    {
        foreach (var n in (int[])[0, Budgets / 2, Budgets - 1])
        {
            var budget = await rest.Get($"/v1/agents/{Agent(n)}/budget", key);
            budget.Status.Should().Be(200, budget.Code);
            budget.Body.GetProperty("windows")[0].GetProperty("limit").GetDecimal().Should().Be(25);
        }
    }

    /// <summary>Every budget has been opened, given a limit and charged: through the real store, then listed in the directory.</summary>
    private async Task Fill()
    {
        using var directory = DataDirectory.Open(_directory);
        using (var store = new SqliteJournalStore(directory))
        {
            var life = Life();
            for (var done = 0; done < Budgets; done += AtOnce)
            {
                var appends = Enumerable.Range(done, Math.Min(AtOnce, Budgets - done)).Select(n => store.Open($"budget/{Agent(n)}").Append(life).AsTask());
                (await Task.WhenAll(appends)).Should().NotContain(false);
            }
        }

        using var agents = new SqliteAgentDirectory(directory);
        using var connection = new SqliteConnection($"Data Source={directory.DatabasePath};Pooling=False");
        connection.Open();
        using var list = new SqliteCommand(
            """
            INSERT INTO agents (agent_id, name, name_upper, parent, created_at, closed)
            SELECT substr(name, 8), 'large', 'LARGE', NULL, '2026-01-01T00:00:00.0000000Z', 0 FROM journals
            """,
            connection);
        list.ExecuteNonQuery().Should().Be(Budgets);
    }

    private static AgentId Agent(int n) => new(AgentId.Prefix + Base62.Encode((ulong)n, 20));

    private static Append Life()
    {
        var state = new BudgetState(Agent(0));
        var at = TimeProvider.System.GetUtcNow();
        var limit = new ConfigureRequest(Layer.Above, "operator", OnlyTighten: false, Daily: Change.To<Money?>(Money.Dollars(25)));
        var opened = Governing.Open(state, new OpenRequest("large", "operator", "UTC", IsoDayOfWeek.Monday, null, limit), at).Happened;
        var request = new ChargeRequest(new ChargeId("chg_0"), Money.Dollars(1), new Purpose("gpt-5", "chat"), new IdempotencyKey("key"));
        BudgetEvent[] events = [.. opened, .. Charging.Charge(opened.Aggregate(state, Fold.Apply), request, at).Events];
        var content = new ArrayBufferWriter<byte>();
        BudgetCodec.Instance.Encode(events, content);
        var row = new JournalRow(1, events.Length, content.WrittenMemory, HashChain.Next(HashChain.Root.Span, content.WrittenSpan));
        return new Append(0, row, [new Filing(Digest.Of(request.Key), events.Length)], null);
    }

    private static void Report(IEnumerable<TimeSpan> starts)
    {
        if (Environment.GetEnvironmentVariable("BUDGETS_REPORT") is { Length: > 0 } file)
        {
            var told = string.Join(", ", starts.Select(t => $"{t.TotalMilliseconds.ToString("0", CultureInfo.InvariantCulture)} ms"));
            File.AppendAllText(file, $"budgets {Budgets.ToString(CultureInfo.InvariantCulture)}, start to ready {told}\n");
        }
    }
}
