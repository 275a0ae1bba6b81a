using System.Collections.Immutable;
using System.Globalization;
using Budgets.Ledger;
using Budgets.Pricing;
using Budgets.Tests.Pricing;
using Daily = Budgets.Ledger.Habits;

namespace Budgets.Tests.Advising;

/// <summary>An operation of a made-up agent.</summary>
/// <param name="Models">That can do it; the agent knows, for it has used each.</param>
/// <param name="Shares">How its calls are divided among them.</param>
/// <param name="Prompts">It asks one of so many things, some of them much more often; 0: always something new.</param>
/// <param name="Burst">Its calls come so many in a minute; 1: one after the other.</param>
internal sealed record Errand(string Operation, int CallsPerDay, string[] Models, double[] Shares, int Input, int Output, double Cached = 0, double Reasoning = 0, int Prompts = 0, int Burst = 1);

/// <summary>Seven days of a made-up agent, spent through the real ledger, and what they would have cost if every call had been made in the best way there is.</summary>
/// <remarks>
/// The best way is known call by call: nothing for what was asked less than a day ago, else the cheapest model that can do it, in a batch where the calls come in one.
/// An agent that does well makes only those calls, in that way.
/// </remarks>
internal sealed class SyntheticWeek
{
    private const int Days = 7;

    private static readonly DateTimeOffset Start = new(2026, 11, 16, 0, 0, 0, TimeSpan.Zero);

    private readonly Dictionary<(string, string, string), DateTimeOffset> _answered = [];
    private readonly List<Daily> _days = [];
    private readonly Random _dice;
    private BudgetState _state = new(new AgentId("agent_0123456789abcdefghij"));
    private int _keys;

    private SyntheticWeek(int seed) => _dice = new Random(seed);

    public decimal Spent { get; private set; }

    /// <summary>Dollars in a day.</summary>
    public decimal BestSaving { get; private set; }

    public HabitsView Habits { get; private set; } = null!;

    public static SyntheticWeek Of(IReadOnlyList<Errand> errands, int seed, bool doesWell = false)
    {
        var week = new SyntheticWeek(seed);
        week.Happened([new Opened(Start, "operator", "synthetic", null, "UTC", IsoDayOfWeek.Monday, Rollover.At(Start, "UTC", IsoDayOfWeek.Monday))]);
        var calls = from errand in errands
                    from day in Enumerable.Range(0, Days)
                    from burst in Enumerable.Range(0, errand.CallsPerDay / errand.Burst)
                    let at = Start.AddDays(day).AddSeconds(week._dice.Next(1440) * 60)
                    from call in Enumerable.Range(0, errand.Burst)
                    select (Errand: errand, At: errand.Burst > 1 ? at.AddMilliseconds(call * 50) : at.AddSeconds(week._dice.Next(60)));
        foreach (var (errand, at) in calls.OrderBy(c => c.At).ToList())
        {
            week.Call(errand, at, doesWell);
        }

        var (now, elapsed) = week._state.At(Start.AddDays(Days));
        week.Remember(elapsed);
        week.BestSaving /= Days;
        week.Habits = new HabitsView(Daily.Sum([.. week._days, now.Days[^1].Usage.Habits ?? Daily.None]), [], Days, Start.AddDays(Days));
        return week;
    }

    private void Call(Errand errand, DateTimeOffset at, bool doesWell)
    {
        var (plain, read) = (Around(errand.Input), 0L);
        read = (long)(plain * errand.Cached);
        plain -= read;
        var output = Around(errand.Output);
        var reasoning = (long)(output * errand.Reasoning);
        var prompt = errand.Prompts == 0 ? null : $"p{(int)(errand.Prompts * Math.Pow(_dice.NextDouble(), 3))}";
        var ways = errand.Models.SelectMany(m => ((bool?[])[null, true]).Where(b => b is null || errand.Burst > 1)
            .Select(b => (Model: m, Batch: b, Quote: Priced.Quote(m, Usage(m, plain, read, output, reasoning, b), at)))).Where(w => w.Quote.Version is not null).ToList();
        var best = ways.MinBy(w => w.Quote.Amount);
        var model = doesWell ? best.Model : Chosen(errand);
        var isRepeat = prompt is not null && _answered.TryGetValue((errand.Operation, model, prompt), out var answered) && at - answered < TimeSpan.FromDays(1);
        if (doesWell && isRepeat)
        {
            return;
        }

        if (prompt is not null && !isRepeat)
        {
            _answered[(errand.Operation, model, prompt)] = at;
        }

        var made = doesWell ? best : ways.Single(w => w.Model == model && w.Batch is null);
        var purpose = new Purpose(model, errand.Operation, default, Usage(model, plain, read, output, reasoning, made.Batch), prompt);
        var request = new ChargeRequest(new ChargeId("chg_"), made.Quote.Amount, purpose, new IdempotencyKey((_keys++).ToString(CultureInfo.InvariantCulture)));
        Happened(Charging.Charge(_state, request, at).Events);
        Spent += made.Quote.Amount.InDollars;
        BestSaving += made.Quote.Amount.InDollars - (isRepeat ? 0 : best.Quote.Amount.InDollars);
    }

    private string Chosen(Errand errand)
    {
        var dice = _dice.NextDouble();
        for (var i = 0; i < errand.Shares.Length; i++)
        {
            dice -= errand.Shares[i];
            if (dice < 0)
            {
                return errand.Models[i];
            }
        }

        return errand.Models[^1];
    }

    private long Around(int mean) => Math.Max(1, (long)(mean * (0.4 + (1.2 * _dice.NextDouble()))));

    /// <summary>The same use, as the model's provider would count it.</summary>
    private static TokenUsage Usage(string model, long plain, long read, long output, long reasoning, bool? batch)
    {
        var counting = Priced.Delivered.Find(model).Counting;
        return new TokenUsage(
            counting.CacheBesideInput ? plain : plain + read, counting.ReasoningBesideOutput ? output - reasoning : output, read, 0, reasoning, Batch: batch);
    }

    private void Happened(ImmutableArray<BudgetEvent> events)
    {
        _state = events.Aggregate(_state, Fold.Apply);
        Remember(events);
    }

    private void Remember(IEnumerable<BudgetEvent> events) => _days.AddRange(events.OfType<DayClosed>().Select(d => d.Usage.Habits).OfType<Daily>());
}
