namespace Budgets.ApiHost.Http;

/// <summary>How many requests this host works on at once. One more is turned away before its body is read: a store or a silo that hangs must not fill the memory with those who wait for it.</summary>
internal sealed class Admission
{
    /// <summary>Far above what a host that is well ever has: at a millisecond each it would answer millions a second.</summary>
    public const int MostInFlight = 4_096;

    public static readonly Problem Full = new(ProblemKind.Overloaded, $"This host works on {MostInFlight} requests already. Nothing was done. Send the request again in a moment.");

    private int _inFlight;

    /// <summary>False: there is no room. Otherwise <see cref="Leave"/> must follow.</summary>
    public bool TryEnter()
    {
        if (Interlocked.Increment(ref _inFlight) <= MostInFlight)
        {
            return true;
        }

        Leave();
        return false;
    }

    public void Leave() => Interlocked.Decrement(ref _inFlight);
}
