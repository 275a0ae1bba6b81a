using Budgets.Journal;
using Budgets.Storage.Sqlite;
using Budgets.Tests.Grains;
using Budgets.Tests.Journal;
using Xunit.Abstractions;

namespace Budgets.Tests.Model;

/// <summary>Random sequences of everything, against the reference. More of the same: scripts/model-check.sh.</summary>
public sealed class ModelCheck(ITestOutputHelper output)
{
    private const int Length = 120;

    /// <summary>Operations in all: most of them on paper, the others asked of grains.</summary>
    private static readonly long Operations = long.Parse(
        Environment.GetEnvironmentVariable("BUDGETS_MODEL_OPS") ?? "200000", System.Globalization.CultureInfo.InvariantCulture);

    [Fact]
    public async Task The_ledger_does_what_the_reference_does() =>
        (await ModelRuns.Of(output, "ledger", Operations * 8 / 10, Step.Sequences(Length), () => new PaperSubject()))
            .Where(o => !o.Key.ToString().StartsWith("Approval", StringComparison.Ordinal)).Should().OnlyContain(o => o.Value > 0, "every outcome is met");

    [Fact]
    public async Task A_grain_on_the_memory_store_does_what_the_reference_does()
    {
        await using var cluster = await BudgetCluster.Start(new MemoryJournalStore());

        await ModelRuns.Of(output, "grain, memory", Operations * 15 / 100, Step.Sequences(Length), () => new GrainSubject(cluster));
    }

    [Fact]
    public async Task A_grain_on_sqlite_does_what_the_reference_does()
    {
        using var scratch = new ScratchDirectory(inMemory: true);
        using var directory = DataDirectory.Open(scratch.Path);
        using var store = new SqliteJournalStore(directory);
        await using var cluster = await BudgetCluster.Start(store);

        await ModelRuns.Of(output, "grain, SQLite", Operations * 4 / 100, Step.Sequences(Length), () => new GrainSubject(cluster));
    }

    /// <summary>Long enough for snapshots, for keys that a state has forgotten, and for more holds than it remembers.</summary>
    [Fact]
    public async Task A_long_life_of_a_grain_is_what_the_reference_says()
    {
        await using var cluster = await BudgetCluster.Start(new MemoryJournalStore());

        await ModelRuns.Of(output, "grain, long lives", Operations / 100, Step.LongLives(3_000), () => new GrainSubject(cluster), thorough: false);
    }
}
