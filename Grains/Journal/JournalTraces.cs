using System.Diagnostics;

namespace Budgets.Journal;

/// <summary>Appends as spans of the source "Budgets.Journal": in the trace of the first request that waits for one, linked to the others'.</summary>
internal sealed class JournalTraces
{
    public const string SourceName = "Budgets.Journal";

    /// <summary>Requests that one span is linked to at most.</summary>
    private const int MostLinks = 128;

    private static readonly ActivitySource Source = new(SourceName);

    private List<ActivityContext>? _waiting;

    /// <summary>The request that runs now waits for the next append.</summary>
    public void Wait()
    {
        if (Source.HasListeners() && Activity.Current is { } request && (_waiting ??= []).Count < MostLinks)
        {
            _waiting.Add(request.Context);
        }
    }

    /// <summary>Null: nobody listens, or nobody who waits is traced.</summary>
    /// <param name="events">In this append.</param>
    public Activity? Append(int events)
    {
        if (_waiting is not [var first, .. var others])
        {
            return null;
        }

        _waiting = null;
        return Source.StartActivity("budget.journal.append", ActivityKind.Internal, first, [new("budget.journal.events", events)], others.Select(o => new ActivityLink(o)));
    }
}
