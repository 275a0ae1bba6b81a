using System.Collections.Immutable;

namespace Budgets.Keys;

/// <summary>The newest revocations, in memory. What it does not know, it makes up for by asking hosts to forget everything.</summary>
[GrainType("revocations")]
internal sealed class RevocationsGrain : Grain, IRevocationsGrain
{
    /// <summary>Revocations remembered at most; a host that missed more forgets all its keys.</summary>
    public const int MaxKept = 1_000;

    // Told apart from every other activation's, whose numbers mean nothing here.
    private readonly string _epoch = Base62.Random("", 20);
    private readonly Queue<KeyHash> _newest = new();
    private long _number;

    public Task Announce(KeyHash hash)
    {
        _number++;
        _newest.Enqueue(hash);
        if (_newest.Count > MaxKept)
        {
            _newest.Dequeue();
        }

        return Task.CompletedTask;
    }

    public Task<RevocationNews> Since(RevocationVersion version)
    {
        var missed = _number - version.Number;
        var canTell = version.Epoch == _epoch && missed >= 0 && missed <= _newest.Count;
        return Task.FromResult(new RevocationNews(
            new RevocationVersion(_epoch, _number),
            ForgetAll: !canTell,
            canTell ? [.. _newest.TakeLast((int)missed).Distinct()] : []));
    }
}
