namespace Budgets.Tests.Alerts;

/// <summary>How a receiver fails, by a seed: nearly every letter once, so that nearly half of all calls fail, with a refusal or with no answer at all. Some answers come late.</summary>
/// <remarks>Never twice: the next try would come after five minutes.</remarks>
internal sealed class Receiving(int seed)
{
    private const int OneOf = 20;
    private const int LateOneOf = 4;

    private static readonly TimeSpan Late = TimeSpan.FromMilliseconds(800);

    /// <summary>Whoever is killed meanwhile does not know that the letter has arrived.</summary>
    public TimeSpan Lag(Posted call) => new Random(HashCode(call.Id) + call.Time).Next(LateOneOf) == 0 ? Late : TimeSpan.Zero;

    public int Answer(Posted call)
    {
        if (call.Time > 1)
        {
            return 200;
        }

        var dice = new Random(HashCode(call.Id)).Next(OneOf);
        return dice switch
        {
            0 => 204,
            < 12 => 500,
            < 15 => 503,
            _ => 0,
        };
    }

    /// <summary>The same in every run, which string's own is not.</summary>
    private int HashCode(string id) => id.Aggregate(seed, (hash, c) => unchecked((hash * 31) + c));
}
