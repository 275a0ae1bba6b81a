using System.Collections.Immutable;
using Budgets.Ledger;

namespace Budgets.Budgets;

// What a budget booked, beside what was billed.
internal sealed partial class BudgetGrain
{
    public async ValueTask<ReconcileOutcome> Reconcile(ReconcileRequest request)
    {
        for (var tries = 1; ; tries++)
        {
            var (state, elapsed) = await Standing();
            if (!state.Exists)
            {
                return new ReconcileOutcome(ReconcileResult.AgentUnknown, "", []);
            }

            var (first, last) = (request.Billed.Min(b => b.Date), request.Billed.Max(b => b.Date));
            var days = await _teller.Reader.Days(state, elapsed, first, last);
            var names = await GrainFactory.GetGrain<IQuoteGrain>(0).Meanings([.. request.Billed.Select(b => b.Model).Concat(days.SelectMany(d => d.Usage.Models.Ranked().Select(m => m.Name))).Distinct()]);
            var drift = Correcting.Drift(request, [.. days.Select(d => (d.Date, d.Usage))], names.ToDictionary(n => n.Name));
            if (request.Key is null)
            {
                return new ReconcileOutcome(ReconcileResult.Done, state.TimeZone, drift);
            }

            var recalled = await _teller.Recall(request.Key);

            // Days that are over change seldom. What was compared must be what is corrected.
            _teller.Ready();
            if (State.At(Now).State is var now && IsAsCompared(state, now, last))
            {
                return await Booked(request, drift, now.TimeZone, recalled);
            }

            if (tries == 5)
            {
                throw new OverloadedException($"The days that {state.Agent} is to be corrected on are still changing.");
            }
        }
    }

    private async ValueTask<ReconcileOutcome> Booked(ReconcileRequest request, ImmutableArray<Drift> drift, string zone, Recalled recalled)
    {
        var (result, decision) = Correcting.Correct(State, request, drift, Now, recalled);
        if (result != ReconcileResult.Done || (decision.Events.IsEmpty && decision.ReplayOf == 0))
        {
            await _teller.Durable();
            return new ReconcileOutcome(result, zone, []);
        }

        var outcome = await _family.Freeing(_teller.Transact(decision));
        var corrected = (Reconciled)await _teller.Reader.At(outcome.Receipt!.Seq);
        var lines = corrected.Lines.Select(l => new Drift(l.Model, l.Date, l.Booked, l.Booked + l.Amount, 0, l.InputTokens, 0, l.OutputTokens));
        return new ReconcileOutcome(ReconcileResult.Done, zone, [.. lines], outcome.Receipt.Seq, outcome.Replayed);
    }

    private static bool IsAsCompared(BudgetState before, BudgetState now, DateOnly last)
    {
        static IEnumerable<(long, UsageBook)> Open(BudgetState s, DateOnly last) => s.Days.Where(d => d.Date <= last).Select(d => (d.Number, d.Usage));
        static long Newest(BudgetState s) => s.ClosedDays.IsEmpty ? 0 : s.ClosedDays[^1].Seq;
        return Newest(before) == Newest(now) && Open(before, last).SequenceEqual(Open(now, last));
    }
}
