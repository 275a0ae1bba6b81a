using System.Collections.Immutable;
using Budgets.Journal;
using Budgets.Ledger;

namespace Budgets.Proofs;

/// <summary>
/// "Every entry follows from those before it": replays a ledger row by row and says which entry is the first that does not. Pure; it holds one state, whatever the ledger's length.
/// </summary>
/// <remarks>
/// Of each row: it begins where the one before ends, its hash is of both, and what is filed beside it is what leads to its events. Of each event: time does not run back, and its
/// balances are what it leads to (<see cref="Fold"/>). Of each state between rows: what is held is the sum of what is open, in every window.
/// </remarks>
internal sealed class Proving(AgentId agent)
{
    public BudgetState State { get; private set; } = new(agent);

    public JournalEnd End { get; private set; } = JournalEnd.Start;

    /// <summary>Goes on by a row; a fault: it does not follow.</summary>
    public LedgerFault? Take(FiledRow filed)
    {
        var row = filed.Row;
        if (row.FirstSeq != End.Seq + 1)
        {
            return new LedgerFault(End.Seq + 1, null, $"It is missing: after entry {End.Seq} comes {row.FirstSeq}.");
        }

        var (state, events, fault) = Fold(row);
        if (!HashChain.Follows(End.Hash, row))
        {
            return fault ?? new LedgerFault(row.FirstSeq, events.IsDefaultOrEmpty ? null : events[0].At, row.Count == 1
                ? "It was changed, or its hash: the hash does not follow from what is stored."
                : $"Of the entries {row.FirstSeq} to {row.LastSeq}, which were written together, one was changed, or their hash: it does not follow from what is stored.");
        }

        fault ??= events.Length != row.Count ? new LedgerFault(row.FirstSeq, events[0].At, $"{events.Length} entries are stored together, and {row.Count} were written.")
            : !IsFiledAsWritten(filed, events) ? new LedgerFault(row.FirstSeq, events[0].At, "What is filed beside it does not lead to it.")
            : Broken(state) is { } broken ? new LedgerFault(row.LastSeq, events[^1].At, broken)
            : null;
        if (fault is null)
        {
            (State, End) = (state, new JournalEnd(row.LastSeq, row.Hash));
        }

        return fault;
    }

    /// <summary>Whether the budget goes by what its ledger adds up to.</summary>
    public LedgerFault? Against(LedgerHead head) =>
        head.Seq == State.Seq && head.OpenHolds == State.Holds.Count && head.Credit == State.WalletView()?.Balance && head.Balances.SequenceEqual(State.Balances())
            ? null
            : new LedgerFault(State.Seq, State.Now, "The budget goes by other balances than its ledger adds up to.");

    /// <summary>Whether a snapshot says what the ledger adds up to at its place. Members that only newer states have are not looked at: it may be older than they are.</summary>
    public LedgerFault? Against(Snapshot snapshot)
    {
        try
        {
            var told = HashChain.IsSealed(snapshot) ? BudgetCodec.Instance.DecodeState(snapshot.State) : throw new JournalCorruptException("The snapshot does not match its seal.");
            return snapshot.Hash.Span.SequenceEqual(End.Hash.Span) && told.Seq == State.Seq && told.Agent == State.Agent && AddUpToTheSame(told, State)
                ? null
                : new LedgerFault(State.Seq, State.Now, "The snapshot after it is not of what the ledger adds up to.");
        }
        catch (JournalCorruptException e)
        {
            return new LedgerFault(State.Seq, State.Now, $"The snapshot after it cannot be read: {e.Message}");
        }
    }

    private (BudgetState State, ImmutableArray<BudgetEvent> Events, LedgerFault? Fault) Fold(JournalRow row)
    {
        var (state, events, at) = (State, ImmutableArray<BudgetEvent>.Empty, (DateTimeOffset?)null);
        var seq = row.FirstSeq;
        try
        {
            events = BudgetCodec.Instance.Decode(row.Events);
            foreach (var e in events)
            {
                at = e.At;
                if (e.At < state.Now)
                {
                    return (state, events, new LedgerFault(seq, at, "It is older than the entry before it."));
                }

                state = Ledger.Fold.Apply(state, e);
                seq++;
            }

            return (state, events, events.IsEmpty ? new LedgerFault(seq, null, "Nothing is stored where it was written.") : null);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // What was changed may lead to a state that no code was written for.
            return (state, events, new LedgerFault(seq, at, e is JournalCorruptException ? e.Message : "It does not fit what came before it."));
        }
    }

    private static bool IsFiledAsWritten(FiledRow filed, ImmutableArray<BudgetEvent> events)
    {
        var expected = ImmutableArray.CreateBuilder<Filing>();
        var unfiled = new HashSet<long>();
        foreach (var (i, e) in events.Index())
        {
            // Days were not always filed by their date.
            if (e is DayClosed { Earlier: null })
            {
                unfiled.Add(filed.Row.FirstSeq + i);
                continue;
            }

            BudgetCodec.Instance.File(e, filed.Row.FirstSeq + i, expected);
        }

        return expected.SequenceEqual(filed.Filings.Where(f => !unfiled.Contains(f.Seq)));
    }

    /// <summary>"What is held is the sum of the open holds, and of what descendants have drawn and not spent", window by window.</summary>
    private static string? Broken(BudgetState s)
    {
        foreach (var window in s.Windows.Concat(s.Draining))
        {
            var holds = s.Holds.Values.Where(h => h.Admission[window.Type] == window.Number).ToList();
            var loans = s.Loans.Where(l => l.Admission[window.Type] == window.Number).ToList();
            var held = holds.Sum(h => h.Amount.Nanos) + loans.Sum(l => l.Outstanding.Nanos);
            if (window.Held.Nanos != held || window.OpenHolds != holds.Count + loans.Count(l => l.IsOpen))
            {
                return $"{window.Type}: {window.Held} is held in {window.OpenHolds} places, and what is open adds up to {new Money(held)} in {holds.Count + loans.Count(l => l.IsOpen)}.";
            }
        }

        return null;
    }

    private static bool AddUpToTheSame(BudgetState told, BudgetState replayed) =>
        told.Windows.SequenceEqual(replayed.Windows) && told.Draining.SequenceEqual(replayed.Draining) && told.Closed == replayed.Closed && told.Wallet == replayed.Wallet
        && told.Loans.SequenceEqual(replayed.Loans) && told.Draws.SequenceEqual(replayed.Draws)
        && told.Days.Select(d => (d.Number, d.Date, d.Usage.Total)).SequenceEqual(replayed.Days.Select(d => (d.Number, d.Date, d.Usage.Total)))
        && told.Holds.Count == replayed.Holds.Count
        && told.Holds.Values.All(h => replayed.Holds.TryGetValue(h.Id, out var r) && (h.Amount, h.ExpiresAt, h.Admission) == (r.Amount, r.ExpiresAt, r.Admission));
}
