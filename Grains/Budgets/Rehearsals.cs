using Budgets.Ledger;

namespace Budgets.Budgets;

/// <summary>Replays a budget's last thirty days beside its turns: whoever wants to spend meanwhile does not wait for it.</summary>
internal sealed class Rehearsals(JournalReader journal)
{
    /// <summary>Events replayed at most; the newest, if there are more.</summary>
    public const int Most = 200_000;

    /// <summary>Events in memory at a time.</summary>
    private const int Portion = 1_024;

    private static readonly TimeSpan Back = TimeSpan.FromDays(30);

    private bool _isRunning;

    /// <param name="live">Brought up to now.</param>
    /// <param name="newest">The newest durable seq.</param>
    /// <exception cref="OverloadedException">One is being worked out already.</exception>
    public async ValueTask<PreviewOutcome> Of(BudgetState live, ConfigureRequest proposal, long newest)
    {
        var (outcome, rehearsal) = Rehearsal.Of(live, proposal);
        if (rehearsal is null)
        {
            return new PreviewOutcome(outcome, null);
        }

        if (_isRunning)
        {
            throw new OverloadedException($"A preview of {live.Agent} is being worked out already.");
        }

        _isRunning = true;
        try
        {
            // Not on the grain's turn: a replay takes the processor for as long as thousands of charges do.
            return new PreviewOutcome(outcome, await Task.Run(() => Replay(rehearsal, live.Now - Back, newest)));
        }
        finally
        {
            _isRunning = false;
        }
    }

    private async Task<PreviewView> Replay(Rehearsal rehearsal, DateTimeOffset from, long newest)
    {
        var first = await journal.FirstSeqAt(from, newest);
        var begin = Math.Max(first, newest - Most + 1);
        for (; begin <= newest; begin += Portion)
        {
            // A journal is read from its end: each portion is turned round.
            var portion = new Stack<(long Seq, BudgetEvent Event)>(Portion);
            await foreach (var one in journal.Back(Math.Min(begin + Portion - 1, newest)))
            {
                if (one.Seq < begin)
                {
                    break;
                }

                portion.Push(one);
            }

            foreach (var (seq, e) in portion)
            {
                rehearsal.Happened(seq, e);
            }
        }

        return rehearsal.View(from, isCut: first <= newest - Most);
    }
}
