using System.Diagnostics;
using Budgets.Journal;

namespace Budgets.Proofs;

/// <summary>A proof under way: reads the ledger in pages up to where its budget was when it began.</summary>
/// <param name="head">What the budget goes by; null: it is shut.</param>
/// <param name="shut">Why it is.</param>
/// <param name="snapshot">The newest; it is not ahead of the head.</param>
internal sealed class ProofRun(AgentId agent, IJournal journal, LedgerHead? head, string? shut, Snapshot? snapshot)
{
    /// <summary>Entries read at once: their rows are all that is in memory beside one state.</summary>
    private const int Page = 256;

    private readonly Proving _proving = new(agent);

    public bool IsDone { get; private set; }

    public LedgerFault? Fault { get; private set; }

    public JournalEnd End => _proving.End;

    /// <exception cref="StoreUnavailableException">The ledger could not be read; it may be asked again.</exception>
    public async Task Go(TimeSpan slice)
    {
        var begun = Stopwatch.GetTimestamp();
        while (!IsDone && Stopwatch.GetElapsedTime(begun) < slice)
        {
            try
            {
                await Turn();
            }
            catch (JournalCorruptException e)
            {
                Fault = new LedgerFault(End.Seq + 1, null, e.Message);
            }

            IsDone |= Fault is not null;

            // Others of this silo have their turn, too.
            await Task.Yield();
        }
    }

    private async Task Turn()
    {
        var rows = await journal.ReadOn(End.Seq + 1, End.Seq + 1 + Page, CancellationToken.None);
        foreach (var row in rows)
        {
            if (head is not null && row.Row.FirstSeq > head.Seq)
            {
                break;
            }

            Fault = _proving.Take(row) ?? (snapshot?.Seq == End.Seq ? _proving.Against(snapshot) : null);
            if (Fault is not null)
            {
                return;
            }
        }

        var isAtEnd = head is not null ? End.Seq >= head.Seq : rows.Count == 0;
        if (isAtEnd || rows.Count == 0)
        {
            Fault = await Finish();
            IsDone = true;
        }
    }

    private async Task<LedgerFault?> Finish()
    {
        var newest = head is null ? await journal.ReadAt(long.MaxValue, CancellationToken.None) : null;
        return (head?.Seq ?? newest?.Row.LastSeq ?? 0) > End.Seq ? new LedgerFault(End.Seq + 1, null, "It is missing, and there are later ones.")
            : snapshot?.Seq > End.Seq ? new LedgerFault(End.Seq + 1, null, $"It is missing: there is a snapshot after entry {snapshot.Seq}.")
            : shut is not null ? new LedgerFault(End.Seq, _proving.State.Now, shut)
            : head is not null ? _proving.Against(head)
            : null;
    }
}
