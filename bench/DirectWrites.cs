using System.Buffers;
using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using Azure.Data.Tables;
using Budgets.Journal;
using Budgets.Ledger;
using Budgets.Storage.AzureTables.Journal;

namespace Budgets.Bench;

/// <summary>
/// What a storage account's tables take without us: the transactions that charges of single callers come to, each the header's update on condition of its ETag and
/// one new row with one event, made by the very functions that the store makes them with. Nothing is decided, hashed or remembered, and nobody waits in between.
/// </summary>
internal static class DirectWrites
{
    private const string Table = "Direct";

    private static readonly byte[] Hash = HashChain.Next(HashChain.Root.Span, []);
    private static readonly string Batch = Convert.ToHexStringLower(Hash);

    /// <summary>Prints "RESULT appends=… seconds=… p50_ms=… p99_ms=…".</summary>
    /// <param name="journals">Shared out among the writers, each of which goes round its own.</param>
    /// <param name="writers">Transactions under way at once.</param>
    /// <param name="warmUp">Seconds before the clock starts.</param>
    public static async Task Run(string connection, int journals, int writers, int warmUp, int seconds)
    {
        var options = new TableClientOptions();
        options.Retry.MaxRetries = 0;
        var table = new TableClient(connection, Table, options);
        await table.CreateIfNotExistsAsync();
        var (begin, end) = (TimeSpan.FromSeconds(warmUp), TimeSpan.FromSeconds(warmUp + seconds));
        var charge = Charge();
        var clock = Stopwatch.StartNew();
        var lasted = await Task.WhenAll(Enumerable.Range(0, writers).Select(w => Task.Run(() => Write(table, charge, Own(w, writers, journals), clock, begin, end))));
        var all = lasted.SelectMany(l => l).Order().ToList();
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"RESULT appends={all.Count} seconds={seconds} p50_ms={all[all.Count / 2].TotalMilliseconds:F3} p99_ms={all[all.Count * 99 / 100].TotalMilliseconds:F3}"));
    }

    private static List<(string Partition, Header End)> Own(int writer, int writers, int journals) =>
    [
        .. Enumerable.Range(0, Math.Max(journals, writers))
            .Where(j => j % writers == writer)
            .Select(j => (JournalKeys.Partition(string.Create(CultureInfo.InvariantCulture, $"budget/agent_{j:D20}")), Header.None)),
    ];

    /// <summary>How long each append took that ended while the clock ran.</summary>
    private static async Task<List<TimeSpan>> Write(
        TableClient table, Append charge, List<(string Partition, Header End)> journals, Stopwatch clock, TimeSpan begin, TimeSpan end)
    {
        var lasted = new List<TimeSpan>();
        for (var turn = 0; clock.Elapsed < end; turn = (turn + 1) % journals.Count)
        {
            var (partition, last) = journals[turn];
            var next = last with { Seq = last.Seq + 1, Batch = Batch };
            var header = next.ToEntity(partition);
            var started = clock.Elapsed;
            var answers = await table.SubmitTransactionAsync(
            [
                last.Exists ? new(TableTransactionActionType.UpdateReplace, header, last.ETag) : new(TableTransactionActionType.Add, header),
                .. RowEntities.Write(partition, charge with { Row = charge.Row with { FirstSeq = next.Seq } }).Select(e => new TableTransactionAction(TableTransactionActionType.Add, e)),
            ]);
            journals[turn] = (partition, next with { ETag = answers.Value[0].Headers.ETag ?? throw new InvalidOperationException("A header without an ETag.") });
            var ended = clock.Elapsed;
            if (ended >= begin && ended < end)
            {
                lasted.Add(ended - started);
            }
        }

        return lasted;
    }

    /// <summary>One charge as the load generator asks for them.</summary>
    private static Append Charge()
    {
        var at = DateTimeOffset.Parse("2026-03-04T10:00:00.1234567Z", CultureInfo.InvariantCulture);
        var limit = new ConfigureRequest(Layer.Above, "operator", OnlyTighten: false, Daily: Change.To<Money?>(Money.Dollars(1_000_000_000)));
        var empty = new BudgetState(new AgentId("agent_0123456789abcdefghij"));
        var state = Governing.Open(empty, new OpenRequest("bench", "operator", "UTC", IsoDayOfWeek.Monday, null, limit), at).Happened.Aggregate(empty, Fold.Apply);
        var request = new ChargeRequest(
            new ChargeId("chg_0123456789abcdefghij"), new Money(75_000), new Purpose("gpt-5", "chat"), new IdempotencyKey("many-1-64-0-10000"));
        var events = Charging.Charge(state, request, at).Events;
        var filings = ImmutableArray.CreateBuilder<Filing>();
        BudgetCodec.Instance.File(events[0], 1, filings);
        var utf8 = new ArrayBufferWriter<byte>();
        BudgetCodec.Instance.Encode(events, utf8);
        return new Append(0, new JournalRow(1, events.Length, utf8.WrittenMemory, Hash), filings.DrainToImmutable(), null);
    }
}
