using System.Collections.Immutable;

namespace Budgets.Ledger;

/// <summary>What a budget remembers of its recharges. Made only by <see cref="Fold"/>.</summary>
/// <param name="Ceiling">The settings as the operator last set them: others can only lower them. Null: the operator never did.</param>
public sealed record Recharges(RechargeSettings Settings, RechargeSettings? Ceiling = null)
{
    /// <summary>The number of the newest order; 0: there was none.</summary>
    public long Last { get; init; }

    public RechargePause? Pause { get; init; }

    /// <summary>The number of the monthly window that <see cref="Begun"/> and <see cref="Granted"/> are about.</summary>
    public long Month { get; init; }

    /// <summary>Orders begun in it.</summary>
    public int Begun { get; init; }

    /// <summary>What a person has allowed in it on top of the settings.</summary>
    public int Granted { get; init; }

    /// <summary>When the newest order ended.</summary>
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>When the forecast was last looked at, and what had to be there then: who falls to it asks for another look.</summary>
    public RechargeChecked? Checked { get; init; }

    /// <summary>The newest orders, oldest first, at most <see cref="RechargeView.MostKept"/>; older ones are in the journal's index.</summary>
    public ImmutableArray<Order> Orders { get; init; } = [];

    /// <summary>The one that is under way: no other begins before it has ended.</summary>
    public Order? Open => Orders is [.., { Ended: null } newest] ? newest : null;

    public DateTimeOffset? CooldownEnds => EndedAt?.AddSeconds(Settings.CooldownSeconds);

    public Order? Find(long number) => Orders.FirstOrDefault(o => o.Number == number);

    public int BegunIn(long month) => Month == month ? Begun : 0;

    public int AllowedIn(long month) => Settings.MaxPerMonth + (Month == month ? Granted : 0);

    internal Recharges In(long month) => Month == month ? this : this with { Month = month, Begun = 0, Granted = 0 };

    internal Recharges With(Order order)
    {
        var at = Orders.FindIndex(o => o.Number >= order.Number);
        var orders = at < 0 ? Orders.Add(order) : Orders[at].Number == order.Number ? Orders.SetItem(at, order) : Orders.Insert(at, order);
        return this with { Orders = orders.Length > RechargeView.MostKept ? orders.RemoveAt(order == orders[0] ? 1 : 0) : orders };
    }
}

/// <summary>A recharge that was decided: what it is does not change any more, whatever becomes of the settings.</summary>
/// <param name="Number">Counts the recharges of one budget, from 1.</param>
/// <param name="Taken">Those who see to its payment have it.</param>
/// <param name="Ended">Null: it is under way.</param>
public sealed record Order(long Number, DateTimeOffset At, Money Amount, RechargeReason Reason, string? PaymentMethod, bool Taken, RechargeEnded? Ended);

internal static class Ordering
{
    public static int FindIndex(this ImmutableArray<Order> orders, Func<Order, bool> wanted)
    {
        for (var i = 0; i < orders.Length; i++)
        {
            if (wanted(orders[i]))
            {
                return i;
            }
        }

        return -1;
    }

    /// <summary>The number in an id of this agent's; null: it is none.</summary>
    public static long? NumberOf(this AgentId agent, RechargeId id) =>
        long.TryParse(id.Value.AsSpan(id.Value.LastIndexOf('_') + 1), System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var number)
        && RechargeId.Of(agent, number) == id ? number : null;

    /// <exception cref="JournalCorruptException">The event is about no order that there was.</exception>
    internal static BudgetState After(this BudgetState s, BudgetEvent e)
    {
        var month = s.Current(LimitType.Monthly).Number;
        return e switch
        {
            RechargeConfigured c => (c.Settings.Enabled ? s.Prepaid() : s) with { Recharges = (s.Recharges ?? new Recharges(c.Settings)) with { Settings = c.Settings, Ceiling = c.Ceiling, Checked = null } },
            RechargeStarted b => s with { Recharges = Begun(s, b, Known(s).In(month)) },
            RechargeTaken t => s with { Recharges = Known(s) with { Orders = [.. Known(s).Orders.Select(o => RechargeId.Of(s.Agent, o.Number) == t.Id ? o with { Taken = true } : o)] } },
            RechargeEnded x => Ended(s, x),
            RechargePaused p => s with { Recharges = Known(s) with { Pause = new RechargePause(p.Reason, p.At) } },
            RechargeResumed r => s with { Recharges = Known(s).In(month) with { Pause = null, Granted = Known(s).In(month).Granted + r.Additional } },
            RechargeChecked k => s with { Recharges = Known(s) with { Checked = k } },
            _ => throw new JournalCorruptException($"Unknown event {e.GetType().Name}."),
        };
    }

    private static Recharges Begun(BudgetState s, RechargeStarted e, Recharges r) => RechargeId.Of(s.Agent, r.Last + 1) == e.Id
        ? r.With(new Order(r.Last + 1, e.At, e.Amount, e.Reason, e.PaymentMethod, Taken: false, Ended: null)) with { Last = r.Last + 1, Begun = r.Begun + 1, Checked = null }
        : throw new JournalCorruptException($"{s.Agent} event {s.Seq}: {e.Id} is not the recharge after {r.Last}.");

    private static BudgetState Ended(BudgetState s, RechargeEnded e)
    {
        var (r, number) = (Known(s), s.Agent.NumberOf(e.Id) ?? throw new JournalCorruptException($"{s.Agent} event {s.Seq}: {e.Id} is no recharge of its own."));
        var order = r.Find(number) ?? new Order(number, e.PaidAt, e.Amount, RechargeReason.Threshold, null, Taken: true, Ended: null);
        s = s with { Recharges = r.With(order with { Taken = true, Ended = e }) with { EndedAt = number == r.Last ? e.At : r.EndedAt } };
        return e.Status == PaymentStatus.Succeeded ? s.Credited(e.Amount, e.Balance) : s;
    }

    private static Recharges Known(BudgetState s) => s.Recharges ?? throw new JournalCorruptException($"{s.Agent} event {s.Seq}: recharges were never set.");
}
