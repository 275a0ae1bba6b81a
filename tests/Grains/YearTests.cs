using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using Budgets.Budgets;
using Budgets.Journal;
using Budgets.Ledger;
using Budgets.Storage.AzureTables;
using Budgets.Storage.Sqlite;
using Budgets.Tests.AzureTables;
using Budgets.Tests.Journal;
using Budgets.Tests.Ledger;
using CsCheck;
using Xunit.Abstractions;
using static Budgets.Tests.Grains.Ask;

namespace Budgets.Tests.Grains;

/// <summary>What was spent on the days of a year adds up, and is found without looking through the year. BUDGETS_ENTRIES: how many charges it has (scripts/year.sh asks for 1,000,000).</summary>
[Collection(nameof(SizeTests))]
public sealed class YearTests(ITestOutputHelper output)
{
    private static readonly int Entries = int.Parse(Environment.GetEnvironmentVariable("BUDGETS_ENTRIES") ?? "20000", CultureInfo.InvariantCulture);
    private static readonly TimeSpan Within = TimeSpan.FromMilliseconds(100);
    private const int Tries = 11;

    private static readonly TimeSpan UsageWithin = TimeSpan.FromMilliseconds(5);

    /// <summary>Jumps of hours to weeks over changes of clocks, holds that are committed long after their day was closed, restarts.</summary>
    [Fact]
    public async Task Days_hours_models_and_operations_add_up_to_the_ledger()
    {
        await using var cluster = await BudgetCluster.Start(new MemoryJournalStore());
        await Gen.Select(Gen.Int[0, 3], Gen.OneOf(Gen.Int[0, 30], Gen.Int[24, 2_000]), Gen.Int[0, 80], Gen.Bool).Array[1, 40].SampleAsync(async steps =>
        {
            var budget = cluster.Budget(BudgetCluster.NewAgent());
            await budget.Open(new OpenRequest("scribe", "operator", "Europe/Berlin", IsoDayOfWeek.Monday, null, null));
            var start = DateOnly.FromDateTime(cluster.Clock.GetUtcNow().UtcDateTime).AddDays(-1);
            var open = new Queue<HoldId>();
            foreach (var (verb, hours, name, restarts) in steps)
            {
                cluster.Clock.Advance(TimeSpan.FromHours(hours));
                var purpose = new Purpose($"m{name}", $"o{name % 7}");
                if (verb <= 1)
                {
                    await budget.Charge(Charge(1.25m) with { Purpose = purpose });
                }
                else if (verb == 2)
                {
                    var hold = Hold(2, ttl: 60) with { Purpose = purpose };
                    open.Enqueue(hold.Id);
                    await budget.Hold(hold);
                }
                else if (open.TryDequeue(out var id))
                {
                    (await budget.Settle(new SettleRequest(id, Usd(1.5m), Purpose.None))).Outcome.Should().Be(Outcome.Accepted);
                }

                if (restarts)
                {
                    await cluster.Deactivate(budget);
                }
            }

            var month = (await budget.GetAnalytics(new AnalyticsQuery(ByHour: true)))!;
            if (month.Hours!.Value.Aggregate(default(Sums), (s, h) => s + h.Sums) != month.Usage.Total)
            {
                return false;
            }

            var (spent, sums) = ((await budget.Ledger()).Spent(), default(Sums));
            var today = DateOnly.FromDateTime(cluster.Clock.GetUtcNow().UtcDateTime).AddDays(1);
            for (var first = start; first <= today; first = first.AddDays(AnalyticsQuery.MostDays))
            {
                var year = (await budget.GetAnalytics(new AnalyticsQuery(first, first.AddDays(AnalyticsQuery.MostDays - 1))))!;
                var total = year.Days!.Value.Aggregate(default(Sums), (s, d) => s + d.Sums);
                if (total != year.Usage.Total || total != Sum(year.Usage.ByModel) || total != Sum(year.Usage.ByOperation))
                {
                    return false;
                }

                sums += total;
            }

            return sums.Cost == spent;
        }, iter: 40, threads: 1);
    }

    /// <summary>Days were not always filed by their date. Those that a state has forgotten since are still there.</summary>
    [Fact]
    public async Task Days_closed_before_there_was_an_index_of_them_are_found()
    {
        var book = Passbook.Of();
        for (var day = 0; day < 100; day++)
        {
            book.Later(86_400).Charge(1);
        }

        var journal = new MemoryJournalStore().Open("budget/old");
        var earlier = book.Entries.Select(e => e is DayClosed d ? d with { Earlier = null } : e).ToList();
        var written = new System.Buffers.ArrayBufferWriter<byte>();
        BudgetCodec.Instance.Encode(earlier, written);
        var row = new JournalRow(1, earlier.Count, written.WrittenMemory, HashChain.Next(HashChain.Root.Span, written.WrittenSpan));
        (await journal.Append(new Append(0, row, [], null))).Should().BeTrue();
        var state = earlier.Aggregate(new BudgetState(Passbook.Agent), Fold.Apply);

        var year = await new JournalReader(journal).Analytics(state, [], new AnalyticsQuery(state.Days[^1].Date.AddDays(-120), state.Days[^1].Date));
        var snapshot = await new JournalReader(journal).Analytics(state with { UnfiledUpTo = 0 }, [], new AnalyticsQuery(state.Days[^1].Date.AddDays(-120), state.Days[^1].Date));

        year.Usage.Total.Cost.Should().Be(Usd(100));
        year.Days!.Value.Where(d => d.Sums.Calls > 0).Should().HaveCount(100).And.OnlyContain(d => d.Sums.Cost == Usd(1));
        snapshot.Usage.Total.Cost.Should().Be(Usd(100), "a snapshot that was made before then says nothing of it");
    }

    [Fact]
    public async Task A_year_is_told_by_a_row_for_each_day_within_a_tenth_of_a_second()
    {
        using var scratch = new ScratchDirectory(inMemory: true);
        using var directory = DataDirectory.Open(scratch.Path);
        using var store = new SqliteJournalStore(directory);
        var counting = new CountingReads(store);
        await using var cluster = await BudgetCluster.Start(counting);
        var budget = await cluster.Open(Usd(1_000_000_000));
        for (int day = 0, done = 0; day < AnalyticsQuery.MostDays; day++)
        {
            for (var until = (int)((long)Entries * (day + 1) / AnalyticsQuery.MostDays); done < until;)
            {
                var some = Math.Min(100, until - done);
                await budget.ChargeMany([.. Enumerable.Range(done, some).Select(i => Charge(0.01m) with { Purpose = new Purpose($"model-{i % 12}", $"operation-{i % 9}") })]);
                done += some;
            }

            cluster.Clock.Advance(TimeSpan.FromDays(1));
        }

        var last = DateOnly.FromDateTime(cluster.Clock.GetUtcNow().UtcDateTime).AddDays(-1);
        var (before, bytes) = counting.Total;
        await budget.GetAnalytics(new AnalyticsQuery(last.AddDays(1 - AnalyticsQuery.MostDays), last));
        (counting.Total.Rows - before).Should().BeLessThanOrEqualTo(AnalyticsQuery.MostDays, "each day's row, and of the one before only the hash");
        (counting.Total.Bytes - bytes).Should().BeLessThan(AnalyticsQuery.MostDays * 8_192L, "what was spent next is not in the day's row");
        var busy = Environment.CpuUsage.TotalTime;
        var (year, best) = await Best(() => budget.GetAnalytics(new AnalyticsQuery(last.AddDays(1 - AnalyticsQuery.MostDays), last)));
        var ofYear = (Environment.CpuUsage.TotalTime - busy) / Tries;
        busy = Environment.CpuUsage.TotalTime;
        var usage = await Asked(budget);
        var ofUsage = (Environment.CpuUsage.TotalTime - busy) / usage.Count;

        Report($"a year of {Entries:N0} charges is told in {best.TotalMilliseconds:N1} ms; {usage.Count:N0} questions about usage: "
            + $"p50 {usage[usage.Count / 2].TotalMilliseconds:N2} ms, p99 {usage[usage.Count * 99 / 100].TotalMilliseconds:N2} ms, slowest {usage[^1].TotalMilliseconds:N2} ms; "
            + $"of a processor {ofYear.TotalMilliseconds:N1} ms and {ofUsage.TotalMilliseconds:N2} ms");
        var (proof, took, slowest) = await Proved(cluster, budget);
        Report($"its {proof.Entries:N0} entries are proved in {took.TotalSeconds:N1} s, and meanwhile the slowest of its answers took {slowest.TotalMilliseconds:N0} ms");
        (proof.Fault, proof.Entries).Should().Be((null, (await budget.GetHead())!.Seq));
        year!.Usage.Total.Should().Be(new Sums(Usd(Entries / 100m), Entries, 0, 0, 0, 0));
        if (Environment.GetEnvironmentVariable("BUDGETS_ENTRIES") is not null)
        {
            best.Should().BeLessThanOrEqualTo(Within, "the machine is ours");
            usage[usage.Count * 99 / 100].Should().BeLessThanOrEqualTo(UsageWithin, "the machine is ours");
        }
    }

    /// <summary>A hundred days, so that the older ones have to be looked up; in the tables of a cluster, where a snapshot and a new activation come in between.</summary>
    [Fact]
    public async Task Days_are_told_the_same_from_the_tables_of_a_cluster()
    {
        var azurite = await Azurite.Shared;
        var store = new AzureTablesJournalStore(azurite.Connect, Azurite.NewTable());
        await store.Create(default);
        await using var cluster = await BudgetCluster.Start(store);
        var budget = await cluster.Open(Usd(1_000_000));
        for (var day = 0; day < 100; day++)
        {
            await budget.ChargeMany([.. Enumerable.Range(0, 50).Select(i => Charge(0.01m) with { Purpose = new Purpose($"model-{i % 12}", $"operation-{day % 9}") })]);
            cluster.Clock.Advance(TimeSpan.FromDays(1));
        }

        await cluster.Deactivate(budget);
        var today = DateOnly.FromDateTime(cluster.Clock.GetUtcNow().UtcDateTime);
        var all = (await budget.GetAnalytics(new AnalyticsQuery(today.AddDays(-100), today)))!;

        all.Days!.Value.Select(d => d.Sums.Cost).Should().Equal([.. Enumerable.Repeat(Usd(0.5m), 100), Money.Zero]);
        (Sum(all.Usage.ByModel), Sum(all.Usage.ByOperation)).Should().Be((all.Usage.Total, all.Usage.Total));
        (await budget.GetUsage(UsagePeriod.Last30Days))!.Usage.Total.Cost.Should().Be(Usd(14.5m), "nothing was spent today");
        (await cluster.Grains.GetGrain<IProofGrain>(ProofKey.Of(new AgentId(budget.GetPrimaryKeyString()), "t")).Go()).Fault.Should().BeNull();
    }

    /// <summary>Every call with a model, an operation and a tag of its own: what is kept and told is bounded, and the sums are exact.</summary>
    [Fact]
    public void However_many_names_there_are_the_state_is_bounded_and_the_sums_are_exact()
    {
        const int Days = 5, Calls = 2_000;
        var book = Passbook.Of();
        for (var day = 0; day < Days; day++)
        {
            for (var call = 0; call < Calls; call++)
            {
                var name = $"{new string('n', 100)}-{day}-{call}";
                book.Charge(0.25m, purpose: new Purpose(name, name, [name[^64..]], new TokenUsage(10, 5)));
            }

            book.Later(86_400);
        }

        var written = new System.Buffers.ArrayBufferWriter<byte>();
        BudgetCodec.Instance.EncodeState(book.State, written);
        var sum = UsageBook.Sum([.. book.Entries.OfType<DayClosed>().Select(d => d.Usage), .. book.State.Days.Select(d => d.Usage)]).Sums();

        written.WrittenCount.Should().BeLessThan(400_000);
        book.Entries.OfType<DayClosed>().Should().OnlyContain(d => d.Usage.Models.Ranked().Length <= Names.Most && d.Usage.Tags.Ranked().Length <= Names.Most);
        sum.ByModel.Length.Should().BeLessThanOrEqualTo(Names.Most);
        sum.Total.Cost.Should().Be(Usd(0.25m * Days * Calls));
        (Sum(sum.ByModel), Sum(sum.ByOperation), Sum(sum.ByTag)).Should().Be((sum.Total, sum.Total, sum.Total));
        sum.ByModel[^1].Name.Should().Be(Names.Other);
    }

    /// <summary>The ledger is proved, while somebody asks for the balance all the time.</summary>
    private static async Task<(ProofStep Proof, TimeSpan Took, TimeSpan Slowest)> Proved(BudgetCluster cluster, IBudgetGrain budget)
    {
        var proof = cluster.Grains.GetGrain<IProofGrain>(ProofKey.Of(new AgentId(budget.GetPrimaryKeyString()), "year"));
        var (begun, slowest) = (Stopwatch.GetTimestamp(), TimeSpan.Zero);
        var proving = Task.Run(async () =>
        {
            var step = await proof.Go();
            while (!step.IsDone)
            {
                step = await proof.Go();
            }

            return step;
        });
        while (!proving.IsCompleted)
        {
            var asked = Stopwatch.GetTimestamp();
            await budget.GetBudget();
            slowest = Stopwatch.GetElapsedTime(asked) is var one && one > slowest ? one : slowest;
        }

        return (await proving, Stopwatch.GetElapsedTime(begun), slowest);
    }

    /// <summary>Every period in turn, quickest first.</summary>
    private static async Task<List<TimeSpan>> Asked(IBudgetGrain budget)
    {
        var took = new List<TimeSpan>();
        for (var i = 0; i < 2_000; i++)
        {
            var begun = Stopwatch.GetTimestamp();
            await budget.GetUsage((UsagePeriod)(i % 5));
            took.Add(Stopwatch.GetElapsedTime(begun));
        }

        took.Sort();
        return took;
    }

    private static Sums Sum(ImmutableArray<NamedSums> names) => names.Aggregate(default(Sums), (s, n) => s + n.Sums);

    private static async Task<(T Answer, TimeSpan Took)> Best<T>(Func<ValueTask<T>> ask)
    {
        var (answer, best) = (await ask(), TimeSpan.MaxValue);
        for (var i = 1; i < Tries; i++)
        {
            var begun = Stopwatch.GetTimestamp();
            answer = await ask();
            var took = Stopwatch.GetElapsedTime(begun);
            best = took < best ? took : best;
        }

        return (answer, best);
    }

    private void Report(string line)
    {
        output.WriteLine(line);
        if (Environment.GetEnvironmentVariable("BUDGETS_REPORT") is { } file)
        {
            File.AppendAllText(file, line + "\n");
        }
    }
}
