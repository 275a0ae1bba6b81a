using System.Collections.Immutable;

namespace Budgets.Delivery;

/// <summary>When a letter that did not arrive is tried again. Source: api.md, "Alerts".</summary>
public static class Schedule
{
    /// <summary>Before each try, from the one before it; the first is at once.</summary>
    public static readonly ImmutableArray<TimeSpan> Waits =
    [
        TimeSpan.Zero, TimeSpan.FromSeconds(5), TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(30), TimeSpan.FromHours(2), TimeSpan.FromHours(5),
        TimeSpan.FromHours(10), TimeSpan.FromHours(14), TimeSpan.FromHours(20), TimeSpan.FromHours(24),
    ];

    /// <summary>A receiver may ask to be left alone for so long.</summary>
    public static readonly TimeSpan LongestRetryAfter = TimeSpan.FromHours(24);

    /// <summary>A webhook that has failed for so long, without a success, is disabled.</summary>
    public static readonly TimeSpan GivesUpAfter = TimeSpan.FromDays(5);

    /// <summary>Before it is, the letter at hand has failed so often: where nothing was sent for days, one stumble is not five days of failure.</summary>
    public const int LeastTries = 4;

    /// <param name="tries">That have failed, the last of them at <paramref name="at"/>.</param>
    /// <param name="retryAfter">What the receiver asked for: it makes a wait longer, never shorter.</param>
    /// <returns>Null: that was the last.</returns>
    public static DateTimeOffset? Next(int tries, DateTimeOffset at, TimeSpan? retryAfter)
    {
        if (tries >= Waits.Length)
        {
            return null;
        }

        var asked = retryAfter is { } wait && wait < LongestRetryAfter ? wait : retryAfter is null ? TimeSpan.Zero : LongestRetryAfter;
        return at + (asked > Waits[tries] ? asked : Waits[tries]);
    }
}
