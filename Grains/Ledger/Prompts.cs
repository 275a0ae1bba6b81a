using System.Collections.Immutable;
using System.IO.Hashing;
using System.Runtime.InteropServices;

namespace Budgets.Ledger;

/// <summary>Which prompts were answered lately, so far as callers tell: what a cache that keeps answers for a day would have known.</summary>
/// <remarks>
/// Bounded and made like a processor's cache: a prompt can only be in one of <see cref="Sets"/> places of <see cref="Ways"/>, so that remembering one copies a
/// few hundred bytes. Where a place is full, the one that came least often goes, the oldest of several. What was forgotten counts as new: repeats are a lower bound.
/// </remarks>
public sealed class Prompts
{
    public const int Sets = 32;
    public const int Ways = 16;

    public static readonly Prompts None = new([]);

    private const uint KeptMinutes = 24 * 60;

    // Empty, or one place for each set.
    private readonly ImmutableArray<ImmutableArray<Prompt>> _sets;

    private Prompts(ImmutableArray<ImmutableArray<Prompt>> sets) => _sets = sets;

    public bool IsEmpty => _sets.IsEmpty;

    /// <returns>With this call remembered, and whether one like it was answered less than a day ago. A call that tells no prompt is like no other.</returns>
    public (Prompts Prompts, bool IsRepeat) Seen(Purpose purpose, DateTimeOffset at)
    {
        if (purpose.PromptHash is null)
        {
            return (this, false);
        }

        var hash = HashOf(purpose);
        var minute = (uint)((at.UtcTicks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerMinute);
        var set = (int)(hash % Sets);
        var places = _sets.IsEmpty ? [] : _sets[set];
        for (var i = 0; i < places.Length; i++)
        {
            if (places[i].Hash == hash)
            {
                var known = places[i];
                var isRepeat = minute - known.AnsweredAt < KeptMinutes;
                var count = (ushort)Math.Min(known.Count + 1, ushort.MaxValue);
                return (With(set, places.SetItem(i, isRepeat ? known with { Count = count } : new Prompt(hash, minute, count))), isRepeat);
            }
        }

        return (With(set, (places.Length < Ways ? places : Without(places, minute)).Add(new Prompt(hash, minute, 1))), false);
    }

    public ImmutableArray<Prompt> All() => [.. _sets.SelectMany(s => s)];

    public static Prompts Of(ImmutableArray<Prompt> all)
    {
        var sets = all.ToLookup(p => (int)(p.Hash % Sets));
        return all.IsEmpty ? None : new Prompts([.. Enumerable.Range(0, Sets).Select(s => sets[s].ToImmutableArray())]);
    }

    private Prompts With(int set, ImmutableArray<Prompt> places) =>
        new((_sets.IsEmpty ? [.. Enumerable.Repeat(ImmutableArray<Prompt>.Empty, Sets)] : _sets).SetItem(set, places));

    private static ImmutableArray<Prompt> Without(ImmutableArray<Prompt> places, uint minute)
    {
        var least = 0;
        for (var i = 1; i < places.Length; i++)
        {
            if (Worth(places[i], minute).CompareTo(Worth(places[least], minute)) < 0)
            {
                least = i;
            }
        }

        return places.RemoveAt(least);
    }

    // One that is past its day is worth nothing, however often it came.
    private static (int Count, uint AnsweredAt) Worth(Prompt p, uint minute) => (minute - p.AnsweredAt < KeptMinutes ? p.Count : 0, p.AnsweredAt);

    /// <summary>The same prompt to another model, or for another operation, is another one.</summary>
    private static ulong HashOf(Purpose purpose)
    {
        var hash = XxHash3.HashToUInt64(MemoryMarshal.AsBytes(purpose.PromptHash.AsSpan()));
        hash = XxHash3.HashToUInt64(MemoryMarshal.AsBytes(purpose.Model.AsSpan()), (long)hash);
        return XxHash3.HashToUInt64(MemoryMarshal.AsBytes(purpose.Operation.AsSpan()), (long)hash);
    }

    /// <param name="AnsweredAt">By its model and not from a cache: in minutes since 1970.</param>
    /// <param name="Count">How often it came.</param>
    public readonly record struct Prompt(ulong Hash, uint AnsweredAt, ushort Count);
}
