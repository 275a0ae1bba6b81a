namespace Budgets.Tests.Alerts;

/// <summary>How a receiver fails, by a seed: nearly every letter once, so that nearly half of all calls fail, with a refusal or with no answer at all.</summary>
/// <remarks>Never twice: the next try would come after five minutes.</remarks>
internal sealed class Receiving(int seed)
{
    private const int OneOf = 20;

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
