using System.Buffers;
using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using Azure;
using Azure.Data.Tables;
using Budgets.Journal;
using Budgets.Ledger;

namespace Budgets.Bench;

/// <summary>
/// What a storage account's tables take without us: the transactions that charges of single callers come to, each the header's update on condition of its ETag and
/// one new row with one event, written by as many writers as there are connections elsewhere. Nothing is decided, hashed or remembered.
/// </summary>
internal static class DirectWrites
{
    private const string Table = "Direct";

    /// <summary>Prints "RESULT appends=… seconds=… p50_ms=… p99_ms=…".</summary>
    /// <param name="partitions">Journals, shared out among the writers, each of which goes round its own.</param>
    /// <param name="warmUp">Seconds before the clock starts.</param>
    public static async Task Run(string connection, int partitions, int writers, int warmUp, int seconds)
    {
        var options = new TableClientOptions();
        options.Retry.MaxRetries = 0;
        var table = new TableClient(connection, Table, options);
        await table.CreateIfNotExistsAsync();
        var row = Row.Of(Sample());
        var clock = Stopwatch.StartNew();
        var (begin, end) = (TimeSpan.FromSeconds(warmUp), TimeSpan.FromSeconds(warmUp + seconds));
        var lasted = await Task.WhenAll(Enumerable.Range(0, writers).Select(w => Task.Run(() => Write(table, row, w, writers, partitions, clock, begin, end))));
        var all = lasted.SelectMany(l => l).Order().ToList();
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"RESULT appends={all.Count} seconds={seconds} p50_ms={all[all.Count / 2].TotalMilliseconds:F3} p99_ms={all[all.Count * 99 / 100].TotalMilliseconds:F3}"));
    }

    /// <summary>How long each append took that ended while the clock ran.</summary>
    private static async Task<List<TimeSpan>> Write(
        TableClient table, Row row, int writer, int writers, int partitions, Stopwatch clock, TimeSpan begin, TimeSpan end)
    {
        var lasted = new List<TimeSpan>();
        var journals = new List<(string Partition, long Seq, ETag ETag)>();
        for (var p = writer; p < Math.Max(partitions, writers); p += writers)
        {
            journals.Add((string.Create(CultureInfo.InvariantCulture, $"budget!002Fagent_{writers:D4}{p:D16}"), 0, default));
        }

        for (var next = 0; clock.Elapsed < end; next = (next + 1) % journals.Count)
        {
            var (partition, seq, etag) = journals[next];
            var header = row.Header(partition, seq + 1);
            var started = clock.Elapsed;
            var answers = await table.SubmitTransactionAsync(
            [
                seq == 0 ? new(TableTransactionActionType.Add, header) : new(TableTransactionActionType.UpdateReplace, header, etag),
                new(TableTransactionActionType.Add, row.Entry(partition, seq + 1)),
            ]);
            journals[next] = (partition, seq + 1, answers.Value[0].Headers.ETag ?? throw new InvalidOperationException("A header without an ETag."));
            var ended = clock.Elapsed;
            if (ended >= begin && ended < end)
            {
                lasted.Add(ended - started);
            }
        }

        return lasted;
    }

    /// <summary>One charge as the load generator asks for them, as it is stored.</summary>
    private static (string Events, byte[] Filings) Sample()
    {
        var at = DateTimeOffset.Parse("2026-03-04T10:00:00.1234567Z", CultureInfo.InvariantCulture);
        var limit = new ConfigureRequest(Layer.Above, "operator", OnlyTighten: false, Daily: Change.To<Money?>(Money.Dollars(1_000_000_000)));
        var empty = new BudgetState(new AgentId("agent_0123456789abcdefghij"));
        var state = Governing.Open(empty, new OpenRequest("bench", "operator", "UTC", IsoDayOfWeek.Monday, null, limit), at).Happened.Aggregate(empty, Fold.Apply);
        var request = new ChargeRequest(
            new ChargeId("chg_0123456789abcdefghij"), new Money(75_000), new Purpose("gpt-5", "chat"), new IdempotencyKey("run1-0-100000"));
        var events = Charging.Charge(state, request, at).Events;
        var filings = ImmutableArray.CreateBuilder<Filing>();
        BudgetCodec.Instance.File(events[0], 1, filings);
        var utf8 = new ArrayBufferWriter<byte>();
        BudgetCodec.Instance.Encode(events, utf8);
        var append = new Append(0, new JournalRow(1, 1, utf8.WrittenMemory, HashChain.Root), filings.DrainToImmutable(), null);
        return (System.Text.Encoding.UTF8.GetString(utf8.WrittenSpan), PackedFilings.Pack(append));
    }

    /// <summary>The two entities of an append, with the columns that Storage.AzureTables gives them.</summary>
    private sealed record Row(string Events, byte[] Filings, byte[] Hash, string Batch)
    {
        public static Row Of((string Events, byte[] Filings) sample)
        {
            var hash = HashChain.Next(HashChain.Root.Span, []);
            return new Row(sample.Events, sample.Filings, hash, Convert.ToHexStringLower(hash));
        }

        public TableEntity Header(string partition, long seq) => new(partition, "$header")
        {
            ["Format"] = 1L,
            ["Seq"] = seq,
            ["Batch"] = Batch,
            ["SnapshotSeq"] = 0L,
            ["SnapshotBatch"] = "",
            ["SnapshotParts"] = 0,
        };

        public TableEntity Entry(string partition, long seq) =>
            new(partition, string.Create(CultureInfo.InvariantCulture, $"r{long.MaxValue - seq:D19}.000"))
            {
                ["Seq"] = seq,
                ["Count"] = 1,
                ["Parts"] = 1,
                ["Hash"] = Hash,
                ["Filings"] = Filings,
                ["Events"] = Events,
            };
    }
}
