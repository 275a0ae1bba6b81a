namespace Budgets.Tests.Model;

/// <summary>What must be so whatever the reference says: the money laws of design.md.</summary>
internal static class Laws
{
    private static readonly LimitType[] Types = [LimitType.Daily, LimitType.Weekly, LimitType.Monthly, LimitType.Total];

    /// <summary>"With a hard stop, spent + held ≤ limit": after a hold or an enforced charge was admitted, for every limit.</summary>
    public static void Bounds(ReferenceBudget budget, object request, Receipt receipt)
    {
        if (request is not (HoldRequest or ChargeRequest { Mode: ChargeMode.Enforce }))
        {
            return;
        }

        var total = receipt.Balances.Single(b => b.Type == LimitType.Total);
        Same.That(!((total.Spent + total.Held).Nanos > budget.Given), $"Admitted beyond the {budget.Given} nanos that there ever were: {total}.");
        foreach (var balance in receipt.Balances)
        {
            foreach (var limits in budget.Layers.Where(l => l.HardStop))
            {
                Same.That(!(balance.Spent + balance.Held > limits[balance.Type]), $"Admitted over the {balance.Type} limit of {limits[balance.Type]}: {balance}.");
            }
        }
    }

    public static async Task Audit(ReferenceBudget budget, ISubject subject, List<string> holds)
    {
        foreach (var hold in holds.Append("res_none"))
        {
            var status = (await subject.GetHold(new HoldId(hold)))?.Status;
            Same.That(status == budget.StatusOf(hold), $"Hold {hold} is {status} instead of {budget.StatusOf(hold)}.");
        }

        if (await subject.View() is not { } view)
        {
            return;
        }

        var ledger = await subject.Ledger();
        Sums(budget, view, ledger);
        Wallet(budget, view, ledger);
        foreach (var period in Enum.GetValues<UsagePeriod>())
        {
            Usage(budget, (await subject.Usage(period))!);
        }

        var today = budget.Window(LimitType.Daily).Date;
        Analytics(budget, (await subject.Analytics(new AnalyticsQuery(today.AddDays(1 - AnalyticsQuery.MostDays), today)))!);
        Analytics(budget, (await subject.Analytics(new AnalyticsQuery(today.AddDays(-100), today.AddDays(-60))))!);
        ByHour(budget, ledger, (await subject.Analytics(new AnalyticsQuery(today.AddDays(1 - AnalyticsQuery.MostHourlyDays), today, ByHour: true)))!);
    }

    /// <summary>Spent is the sum of the entries admitted in the window, and held the sum of its open holds; neither seqs nor time run back.</summary>
    private static void Sums(ReferenceBudget budget, BudgetView view, IReadOnlyList<LedgerEntry> ledger)
    {
        var admitted = new Dictionary<string, LedgerEntry>();
        var spent = new Dictionary<LimitType, long>();
        for (var i = 0; i < ledger.Count; i++)
        {
            var entry = ledger[i];
            Same.That(i == 0 || (entry.Seq > ledger[i - 1].Seq && entry.At >= ledger[i - 1].At), $"Entry {entry.Seq} is out of order.");
            if (entry.Kind == EntryKind.Hold)
            {
                admitted.Add(entry.Id!, entry);
            }
            else if (entry.Kind is EntryKind.Charge or EntryKind.Settle || IsOfHold(entry))
            {
                var at = entry.Kind == EntryKind.Charge ? entry.At : admitted[entry.Id!].At;
                foreach (var type in Types.Where(t => at >= budget.Window(t).Since))
                {
                    spent[type] = spent.GetValueOrDefault(type) + entry.Amount.Nanos;
                }
            }
        }

        foreach (var hold in Unwritten(budget, ledger))
        {
            foreach (var type in Types.Where(t => hold.At >= budget.Window(t).Since))
            {
                spent[type] = spent.GetValueOrDefault(type) + hold.Amount;
            }
        }

        var open = budget.Holds.Values.Where(h => budget.StatusOf(h.Id) == HoldStatus.Held).ToList();
        foreach (var balance in view.Balances)
        {
            Same.That(balance.Spent.Nanos == spent.GetValueOrDefault(balance.Type), $"{balance.Type}: spent is {balance.Spent}, the ledger adds up to {spent.GetValueOrDefault(balance.Type)} nanos.");
            Same.That(balance.Held.Nanos == open.Where(h => h.At >= budget.Window(balance.Type).Since).Sum(h => h.Amount), $"{balance.Type}: held is {balance.Held}.");
        }
    }

    /// <summary>What counts as spent by now because nobody said what was, and will be written with the next request.</summary>
    private static IEnumerable<ReferenceHold> Unwritten(ReferenceBudget budget, IReadOnlyList<LedgerEntry> ledger)
    {
        var ended = ledger.Where(e => e.Kind is EntryKind.Settle or EntryKind.Release).Select(e => e.Id).ToHashSet();
        return budget.Holds.Values.Where(h => h.BooksItself && budget.StatusOf(h.Id) == HoldStatus.Settled && !ended.Contains(h.Id));
    }

    /// <summary>What was assumed of a hold is corrected.</summary>
    private static bool IsOfHold(LedgerEntry entry) => entry is { Kind: EntryKind.Correction, Id: not null };

    /// <summary>"Σ ledger = balance", after each of its entries that tells one, and now.</summary>
    private static void Wallet(ReferenceBudget budget, BudgetView view, IReadOnlyList<LedgerEntry> ledger)
    {
        var sum = budget.SpentBefore;
        foreach (var entry in ledger)
        {
            sum += entry.Kind switch
            {
                EntryKind.Correction when IsOfHold(entry) => -entry.Amount.Nanos,
                EntryKind.Credit or EntryKind.Correction or EntryKind.Recharge => entry.Amount.Nanos,
                EntryKind.Charge or EntryKind.Settle => -entry.Amount.Nanos,
                _ => 0,
            };
            Same.That(entry.BalanceAfter is not { } after || after.Nanos == sum, $"Entry {entry.Seq} says {entry.BalanceAfter} is the balance, and the ledger adds up to {sum} nanos.");
        }

        sum -= Unwritten(budget, ledger).Sum(h => h.Amount);
        Same.That(view.Wallet is not { } wallet || wallet.Balance.Nanos == sum, $"The balance is {view.Wallet?.Balance}, and the ledger adds up to {sum} nanos.");
    }

    /// <summary>"Σ usage over days, models, operations = Σ ledger", day by day.</summary>
    private static void Analytics(ReferenceBudget budget, AnalyticsView view)
    {
        var spent = budget.Usage.ToLookup(d => budget.Dates[d.Key], d => d.Value);
        foreach (var (date, sums) in view.Days!.Value)
        {
            var (cost, calls) = (spent[date].Sum(d => d.Cost), spent[date].Sum(d => d.Calls));
            Same.That(sums.Cost.Nanos == cost && sums.Calls == calls, $"{date:O} is {sums}, and adds up to {cost} nanos in {calls} calls.");
        }

        var total = view.Days.Value.Sum(d => d.Sums.Cost.Nanos);
        Same.That(
            view.Usage.Total.Cost.Nanos == total && view.Usage.ByModel.Sum(m => m.Sums.Cost.Nanos) == total && view.Usage.ByOperation.Sum(o => o.Sums.Cost.Nanos) == total,
            $"The days add up to {total} nanos, and the models or operations do not.");
    }

    /// <summary>The hours add up to the days, and each is what the ledger says was admitted in it.</summary>
    private static void ByHour(ReferenceBudget budget, IReadOnlyList<LedgerEntry> ledger, AnalyticsView view)
    {
        var hours = view.Hours!.Value;
        var total = hours.Aggregate(default(Sums), (sum, h) => sum + h.Sums);
        Same.That(total == view.Usage.Total, $"The hours add up to {total}, the days to {view.Usage.Total}.");
        var admitted = ledger.Where(e => e.Kind == EntryKind.Hold).ToDictionary(e => e.Id!, e => e.At);
        var spent = ledger.Where(e => e.Kind is EntryKind.Charge or EntryKind.Settle || IsOfHold(e))
            .Select(e => (At: e.Kind == EntryKind.Charge ? e.At : admitted[e.Id!], e.Amount.Nanos)).Concat(Unwritten(budget, ledger).Select(h => (h.At, Nanos: h.Amount)))
            .GroupBy(e => Whole(e.At), e => e.Nanos).ToDictionary(h => h.Key, h => h.Sum());

        // Around a change of zone the first hours of the range may belong to the day before it.
        var certain = view.Days!.Value[0].Date.AddDays(2).ToDateTime(TimeOnly.MinValue);
        foreach (var (begin, sums) in hours.GroupBy(h => h.Begin.UtcDateTime, h => h.Sums).Where(h => h.Key >= certain).Select(h => (h.Key, h.Aggregate((a, b) => a + b))))
        {
            Same.That(sums.Cost.Nanos == spent.GetValueOrDefault(begin), $"The hour from {begin:O} is {sums.Cost}, the ledger adds up to {spent.GetValueOrDefault(begin)} nanos.");
        }
    }

    // The model's zones are whole hours away from UTC.
    private static DateTime Whole(DateTimeOffset at) => at.UtcDateTime.AddTicks(-(at.UtcTicks % TimeSpan.TicksPerHour));

    private static void Usage(ReferenceBudget budget, UsageView usage)
    {
        var days = budget.Usage.Where(d => usage.FirstDay <= budget.Dates[d.Key] && budget.Dates[d.Key] <= usage.LastDay).ToList();
        var (cost, calls) = (days.Sum(d => d.Value.Cost), days.Sum(d => d.Value.Calls));
        Same.That(
            usage.Usage.Total.Cost.Nanos == cost && usage.Usage.Total.Calls == calls && usage.LastDay == (usage.Period == UsagePeriod.Yesterday ? usage.FirstDay : budget.Window(LimitType.Daily).Date),
            $"{usage.Period} {usage.FirstDay:O}..{usage.LastDay:O} is {usage.Usage.Total}, and adds up to {cost} nanos in {calls} calls.");
        Same.That(usage.Usage.ByModel.Sum(m => m.Sums.Cost.Nanos) == cost, $"{usage.Period}: the models' shares do not add up.");
    }
}
