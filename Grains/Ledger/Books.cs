using System.Collections.Immutable;

namespace Budgets.Ledger;

/// <summary>The arithmetic of windows: what a charge, hold, settlement or release does to spent and held.</summary>
public static class Books
{
    /// <summary>The types that have windows, in the order of <see cref="BudgetState.Windows"/>: a type's number is its place.</summary>
    public static readonly ImmutableArray<LimitType> Types =
        [LimitType.PerMinute, LimitType.Daily, LimitType.Weekly, LimitType.Monthly, LimitType.Total];

    public static Window Current(this BudgetState s, LimitType type) => s.Windows[(int)type];

    /// <summary>In all open holds, expired ones included until that is written.</summary>
    public static Money Held(this BudgetState s) => s.Exists ? s.Current(LimitType.Total).Held : Money.Zero;

    public static Admission AdmissionNow(this BudgetState s) => new(
        s.Current(LimitType.PerMinute).Number,
        s.Current(LimitType.Daily).Number,
        s.Current(LimitType.Weekly).Number,
        s.Current(LimitType.Monthly).Number);

    /// <summary>Adds to every window that the admission names, current or draining. Windows that are gone are past counting.</summary>
    public static BudgetState Count(this BudgetState s, Admission admission, Money spent, Money held, int holds)
    {
        var windows = new Window[s.Windows.Length];
        var draining = s.Draining;
        for (var i = 0; i < windows.Length; i++)
        {
            var window = s.Windows[i];
            var number = admission[window.Type];
            if (window.Number == number)
            {
                windows[i] = Add(window, spent, held, holds);
                continue;
            }

            windows[i] = window;
            for (var d = 0; d < draining.Length; d++)
            {
                if (draining[d].Type == window.Type && draining[d].Number == number)
                {
                    var drained = Add(draining[d], spent, held, holds);
                    draining = drained.OpenHolds == 0 ? draining.RemoveAt(d) : draining.SetItem(d, drained);
                    break;
                }
            }
        }

        return s with
        {
            Windows = System.Runtime.InteropServices.ImmutableCollectionsMarshal.AsImmutableArray(windows), Draining = draining, Pace = s.Pace.After(spent, s.Now),
        };
    }

    /// <summary>Daily, weekly, monthly and total, with the strictest limit on each.</summary>
    public static ImmutableArray<Balance> Balances(this BudgetState s)
    {
        var balances = new Balance[Types.Length - 1];
        for (var i = 1; i < Types.Length; i++)
        {
            var window = s.Windows[i];
            balances[i - 1] = new Balance(window.Type, window.Spent, window.Held, Strictest(s.Above[window.Type], s.Own[window.Type]));
        }

        return System.Runtime.InteropServices.ImmutableCollectionsMarshal.AsImmutableArray(balances);
    }

    public static Money? Strictest(Money? a, Money? b) => a is { } x && b is { } y ? Money.Min(x, y) : a ?? b;

    private static Window Add(Window w, Money spent, Money held, int holds) =>
        w with { Spent = w.Spent + spent, Held = w.Held + held, OpenHolds = w.OpenHolds + holds };
}
