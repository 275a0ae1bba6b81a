namespace Budgets.ApiHost.Gateway;

/// <summary>Divides what several used together: each gets one at least if there is enough, the rest goes by weight, and all shares add up to the whole (largest remainders first).</summary>
internal static class Shares
{
    /// <param name="whole">≥ 0.</param>
    /// <param name="weights">Each ≥ 0, not all of them zero.</param>
    public static long[] Of(long whole, ReadOnlySpan<int> weights)
    {
        var least = whole >= weights.Length ? 1 : 0;
        var (rest, sum) = (whole - (least * weights.Length), 0L);
        foreach (var weight in weights)
        {
            sum += weight;
        }

        var shares = new long[weights.Length];
        var remainders = new Int128[weights.Length];
        var left = rest;
        for (var i = 0; i < weights.Length; i++)
        {
            var (share, remainder) = Int128.DivRem((Int128)rest * weights[i], sum);
            (shares[i], remainders[i]) = (least + (long)share, remainder);
            left -= (long)share;
        }

        // Fewer are left than there are shares. Of equal remainders the first comes first.
        foreach (var i in Enumerable.Range(0, shares.Length).OrderByDescending(i => remainders[i]).Take((int)left))
        {
            shares[i]++;
        }

        return shares;
    }
}
