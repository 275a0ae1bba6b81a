using System.Collections.Immutable;
using Budgets.Ledger;

namespace Budgets.Budgets;

/// <summary>Gathers what an agent did and asks those who know prices what it means. Closed days are read once a day, today is in the state.</summary>
internal sealed class Advisory(Teller teller, IGrainFactory grains)
{
    /// <summary>Savings are worked out for today and so many days before it.</summary>
    private const int Week = 7;

    /// <summary>Before these, what is only compared with, and evidence of which model has served what.</summary>
    private const int Month = 30;

    /// <summary>While nothing was spent, as long as it takes for a new price to be known everywhere.</summary>
    private static readonly TimeSpan GoodFor = TimeSpan.FromSeconds(2);

    private (DateOnly Today, long NewestClosed, ImmutableArray<Habit> Week, ImmutableArray<Habit> Month)? _closed;
    private (Habits? Today, ImmutableArray<Habit> Week, DateTimeOffset At, OptimizationView View)? _last;

    /// <param name="state">Brought up to now by <paramref name="elapsed"/>.</param>
    public async ValueTask<OptimizationView> Of(BudgetState state, ImmutableArray<BudgetEvent> elapsed)
    {
        var today = state.Days[^1];
        var (first, born) = (today.Date.AddDays(-Week), Calendar.DateAt(state.Terms.CreatedAt, state.TimeZone));
        first = first > born ? first : born < today.Date ? born : today.Date;
        var closed = await Closed(state, elapsed, today.Date, first);
        if (_last is { } last && last.Today == today.Usage.Habits && last.Week == closed.Week && state.Now - last.At < GoodFor)
        {
            return last.View;
        }

        var week = Habits.Sum([Habits.Of(closed.Week), today.Usage.Habits ?? Habits.None]);
        var advice = await grains.GetGrain<IQuoteGrain>(0).Advise(new HabitsView(week, closed.Month, Elapsed(state, first), state.Now));
        var view = new OptimizationView(state.Agent, first, today.Date, week.Sum(h => h.Calls), week.Aggregate(Money.Zero, (sum, h) => sum + h.All.Cost + (h.Batched?.Cost ?? Money.Zero)), advice);
        _last = (today.Usage.Habits, closed.Week, state.Now, view);
        return view;
    }

    private async ValueTask<(DateOnly Today, long NewestClosed, ImmutableArray<Habit> Week, ImmutableArray<Habit> Month)> Closed(
        BudgetState state, ImmutableArray<BudgetEvent> elapsed, DateOnly today, DateOnly first)
    {
        var newest = state.ClosedDays.IsEmpty ? 0 : state.ClosedDays[^1].Seq;
        if (_closed is { } known && known.Today == today && known.NewestClosed == newest)
        {
            return known;
        }

        var days = (await teller.Reader.Habits(state, elapsed, today.AddDays(-Week - Month), today.AddDays(-1))).ToLookup(d => d.Date >= first, d => d.Habits);
        _closed = (today, newest, Habits.Sum(days[true]), Habits.Sum(days[false]));
        return _closed.Value;
    }

    /// <summary>In days; what is not over yet counts for what has passed of it.</summary>
    private static decimal Elapsed(BudgetState state, DateOnly first)
    {
        var span = state.Current(LimitType.Daily).Span;
        var ofToday = (decimal)(state.Now - span.From).Ticks / (span.Until!.Value - span.From).Ticks;
        return Math.Max(1, state.Days[^1].Date.DayNumber - first.DayNumber + ofToday);
    }
}
