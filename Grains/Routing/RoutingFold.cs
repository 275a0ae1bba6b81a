using Budgets.Journal;

namespace Budgets.Routing;

/// <summary>Remembers what was said of calls; never decides.</summary>
public static class RoutingFold
{
    /// <exception cref="JournalCorruptException">An event of another kind.</exception>
    public static RoutingState Apply(RoutingState s, RoutingEvent e)
    {
        s = s with { Seq = s.Seq + 1, Now = e.At };
        return e is CallRated r ? s.Rated(r) : throw new JournalCorruptException($"Unknown event {e.GetType().Name}.");
    }

    private static RoutingState Rated(this RoutingState s, CallRated r)
    {
        var before = s.Of(new Job(r.Operation, r.Complexity));
        var others = s.Practices.Remove(before);
        var forgotten = Math.Max(0, others.Length + 1 - RoutingState.MostPractices);
        return s with { Practices = [.. others.Skip(forgotten), Learning.After(before, r.Model, r.Quality)] };
    }
}
