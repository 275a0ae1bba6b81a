using System.Collections.Immutable;

namespace Budgets.Ledger;

/// <summary>What was told about one limit in one of its windows.</summary>
/// <param name="Window">The window's number.</param>
/// <param name="Percent">The highest threshold below 100 that was told; 0: none.</param>
/// <param name="Once">Which of the things that are told once in a window were.</param>
public readonly record struct Told(LimitType Type, Layer Layer, long Window, int Percent, AlertKinds Once)
{
    public bool Has(AlertKinds kind) => (Once & kind) != 0;
}

/// <summary>Remembers what was told; decides nothing.</summary>
internal static class Tellings
{
    /// <summary>What was told about a limit in the current window.</summary>
    public static Told ToldOf(this BudgetState s, LimitType type, Layer layer)
    {
        var window = s.Current(type).Number;
        foreach (var told in s.Told)
        {
            if (told.Type == type && told.Layer == layer && told.Window == window)
            {
                return told;
            }
        }

        return new Told(type, layer, window, 0, AlertKinds.None);
    }

    /// <summary>An alert waits to be taken, and is told once. Without room it takes the newest one's place and counts it.</summary>
    public static BudgetState Telling(this BudgetState s, Alert alert)
    {
        var outbox = s.Outbox.Length < BudgetState.MaxOutbox
            ? s.Outbox.Add(alert)
            : s.Outbox.SetItem(s.Outbox.Length - 1, alert with { Coalesced = alert.Coalesced + s.Outbox[^1].Coalesced + 1 });
        return (s with { Outbox = outbox, LastAlert = alert.Number }).Having(alert);
    }

    /// <summary>A raised limit arms again what lies above the new line, and the alert for a limit that is used up if it no longer is; a lowered one arms nothing.</summary>
    public static ImmutableArray<Told> Rearmed(this BudgetState s, Limits above, Limits own)
    {
        if (s.Told.IsEmpty)
        {
            return s.Told;
        }

        var thresholds = Thresholds.Of(s.Terms);
        return
        [
            .. from told in s.Told
               let limit = (told.Layer == Layer.Above ? above : own)[told.Type]
               let window = s.Current(told.Type)
               where limit is not null && told.Window == window.Number
               select limit <= s.LimitsOf(told.Layer)[told.Type] ? told : told with
               {
                   Percent = Math.Min(told.Percent, Thresholds.Highest(thresholds, window.Spent, limit.Value) ?? 0),
                   Once = window.Spent < limit ? AlertKinds.None : told.Once,
               },
        ];
    }

    private static BudgetState Having(this BudgetState s, Alert alert)
    {
        if (alert.Kind is not (AlertKinds.BudgetWarning or AlertKinds.BudgetExceeded or AlertKinds.ChildOverBudget) || alert.Standing is not { } about)
        {
            return s;
        }

        // The same limit in two layers is told once.
        foreach (var layer in (ReadOnlySpan<Layer>)[Layer.Above, Layer.Own])
        {
            if (layer != about.SetBy && s.LimitsOf(layer)[about.Type] != about.Limit)
            {
                continue;
            }

            var told = s.ToldOf(about.Type, layer);
            var once = alert.Kind == AlertKinds.BudgetWarning ? AlertKinds.None : alert.Kind;
            var highest = alert.Kind == AlertKinds.BudgetWarning ? alert.Percent : alert.Passed.IsEmpty ? null : alert.Passed[^1];
            var now = told with { Percent = Math.Max(told.Percent, highest ?? 0), Once = told.Once | once };
            s = s with { Told = s.Told.RemoveAll(t => t.Type == now.Type && t.Layer == now.Layer).Add(now) };
        }

        return s;
    }
}
