using Budgets.Journal;
using Budgets.Ledger;

namespace Budgets.Tests.Trees;

/// <summary>Journals of a simulated world: appends take time, and one of a process that dies on the way has landed or not.</summary>
/// <param name="isAlive">Whether the process that opened the journal still runs.</param>
internal sealed class SimJournal(IJournal journal, SimLoop loop, SimFaults faults, Func<bool> isAlive) : IJournal
{
    public ValueTask<History> Read(CancellationToken cancellation) => journal.Read(cancellation);

    public async ValueTask<bool> Append(Append append)
    {
        // What was handed over belongs to the caller again once it has gone on.
        append = append with { Row = append.Row with { Events = append.Row.Events.ToArray() } };
        var lands = faults.Of(loop);
        await loop.Delay(SimFaults.Latency(loop));
        if (!isAlive() && loop.Chance(500))
        {
            return await Never<bool>();
        }

        var fits = lands != SimFaults.Fate.Lost && await journal.Append(append);
        await loop.Delay(SimFaults.Latency(loop));
        return !isAlive() ? await Never<bool>()
            : lands == SimFaults.Fate.Lost ? throw new StoreUnavailableException("simulated: not written")
            : lands == SimFaults.Fate.Unheard ? throw new OutcomeUnknownException("simulated: written, and the answer lost")
            : fits;
    }

    public ValueTask<IReadOnlyList<JournalRow>> ReadBack(long seq, int rows, CancellationToken cancellation) => journal.ReadBack(seq, rows, cancellation);

    public ValueTask<LinkedRow?> ReadAt(long seq, CancellationToken cancellation) => journal.ReadAt(seq, cancellation);

    public ValueTask<IReadOnlyList<FiledRow>> ReadOn(long from, long until, CancellationToken cancellation) => journal.ReadOn(from, until, cancellation);

    public ValueTask<long?> Find(Digest digest, CancellationToken cancellation) => journal.Find(digest, cancellation);

    /// <summary>What a dead process waits for.</summary>
    public static Task<T> Never<T>() => new TaskCompletionSource<T>().Task;
}

/// <summary>How often what goes wrong, in thousandths.</summary>
internal sealed record SimFaults(int AppendFails, int MessageLost, int MessageTwice, int Crash, int ClockStep)
{
    public static readonly SimFaults None = new(0, 0, 0, 0, 0);

    public enum Fate
    {
        Lands,
        Lost,
        Unheard,
    }

    public Fate Of(SimLoop loop) => !loop.Chance(AppendFails) ? Fate.Lands : loop.Chance(500) ? Fate.Lost : Fate.Unheard;

    public static TimeSpan Latency(SimLoop loop) => TimeSpan.FromMicroseconds(1 + (loop.Chance(50) ? loop.Next(2_000_000) : loop.Next(3_000)));
}
