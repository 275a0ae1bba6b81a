using System.Collections.Concurrent;

namespace Budgets.ApiHost.Auth;

/// <summary>Callers this host remembers by the full hash of their keys. Only live keys are remembered; expiry is the reader's to check.</summary>
/// <remarks>
/// Two generations bound it: when the younger is full the older is dropped, and whoever is still active moves over.
/// <see cref="Freshness"/> says whether it may be believed.
/// </remarks>
internal sealed class KeyCache
{
    /// <summary>Callers remembered at most.</summary>
    public const int Most = 200_000;

    private volatile ConcurrentDictionary<KeyDigest, Caller> _young = new();
    private volatile ConcurrentDictionary<KeyDigest, Caller> _old = new();
    private int _count;
    private long _forgotten;

    /// <summary>Rises whenever something was forgotten: what was asked before may be stale after.</summary>
    public long Generation => Volatile.Read(ref _forgotten);

    public Caller? Find(KeyDigest digest)
    {
        if (_young.TryGetValue(digest, out var caller))
        {
            return caller;
        }

        var generation = Generation;
        if (_old.TryGetValue(digest, out caller))
        {
            Remember(digest, caller, generation);
        }

        return caller;
    }

    /// <param name="generation">The cache's generation before the key's record was asked for.</param>
    public void Remember(KeyDigest digest, Caller caller, long generation)
    {
        if (generation != Generation)
        {
            return;
        }

        var young = _young;
        if (young.TryAdd(digest, caller) && Interlocked.Increment(ref _count) >= Most / 2)
        {
            Interlocked.Exchange(ref _count, 0);
            _old = young;
            _young = new();
        }

        // A revocation that came between the question and now must win.
        if (generation != Generation)
        {
            Drop(digest);
        }
    }

    public void Forget(KeyDigest digest)
    {
        Interlocked.Increment(ref _forgotten);
        Drop(digest);
    }

    public void ForgetAll()
    {
        Interlocked.Increment(ref _forgotten);
        _young = new();
        _old = new();
        Interlocked.Exchange(ref _count, 0);
    }

    private void Drop(KeyDigest digest)
    {
        _young.TryRemove(digest, out _);
        _old.TryRemove(digest, out _);
    }
}
