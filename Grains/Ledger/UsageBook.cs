using System.Collections.Immutable;

namespace Budgets.Ledger;

/// <summary>Sums of one day in total and by model, operation and tag. Bounded: see <see cref="Names"/>.</summary>
/// <param name="Habits">What advice is made of; null: no call told its tokens, or these are the sums of several days.</param>
/// <param name="Spared">Null: no call was answered from a cache.</param>
public sealed record UsageBook(Sums Total, Names Models, Names Operations, Names Tags, Habits? Habits = null, Spared? Spared = null)
{
    public const string Unspecified = "unspecified";

    public static readonly UsageBook Empty = new(default, Names.Empty, Names.Empty, Names.Empty);

    /// <param name="isRepeat">The same prompt was answered less than a day ago.</param>
    public UsageBook Add(Money cost, Purpose purpose, DateTimeOffset at = default, bool isRepeat = false) => Add(SumsOf(cost, purpose), purpose) with
    {
        Habits = purpose.Usage is { TellsTokens: true } usage ? (Habits ?? Habits.None).Add(cost, purpose, usage, at, isRepeat) : Habits,
        Spared = purpose.Saved is { } saved ? Spared.Sum(Spared, new Spared(1, saved)) : Spared,
    };

    /// <summary>A call without tokens was booked and was none.</summary>
    public UsageBook Less(Money cost, Purpose purpose) => Add(OneLess(cost), purpose);

    private UsageBook Add(Sums sums, Purpose purpose)
    {
        var tags = Tags;
        if (!purpose.Tags.IsDefaultOrEmpty)
        {
            foreach (var tag in purpose.Tags)
            {
                tags = tags.Add(tag, sums);
            }
        }

        return this with
        {
            Total = Total + sums,
            Models = Models.Add(purpose.Model ?? Unspecified, sums),
            Operations = Operations.Add(purpose.Operation ?? Unspecified, sums),
            Tags = tags,
        };
    }

    /// <summary>Money and tokens that were booked wrongly; no call was made.</summary>
    public UsageBook Add(Correction c)
    {
        var sums = new Sums(c.Amount, 0, c.InputTokens, c.OutputTokens, 0, 0);
        return this with { Total = Total + sums, Models = Models.Add(c.Model, sums), Operations = Operations.Add(Unspecified, sums) };
    }

    /// <summary>One call.</summary>
    public static Sums SumsOf(Money cost, Purpose purpose) => purpose.Usage is { } usage
        ? new Sums(cost, 1, usage.InputTokens, usage.OutputTokens, usage.CacheReadTokens, usage.CacheWriteTokens)
        : new Sums(cost, 1, 0, 0, 0, 0);

    public static Sums OneLess(Money cost) => new(Money.Zero - cost, -1, 0, 0, 0, 0);

    /// <summary>Adds up many at once: only the whole of it is cut to the bounded number of names.</summary>
    public static UsageBook Sum(IReadOnlyCollection<UsageBook> books) => new(
        books.Aggregate(default(Sums), (sum, b) => sum + b.Total),
        Names.Sum(books.Select(b => b.Models)),
        Names.Sum(books.Select(b => b.Operations)),
        Names.Sum(books.Select(b => b.Tags)),
        Spared: books.Aggregate(default(Spared), (sum, b) => Spared.Sum(sum, b.Spared)));

    public static UsageBook operator +(UsageBook a, UsageBook b) =>
        new(a.Total + b.Total, a.Models + b.Models, a.Operations + b.Operations, a.Tags + b.Tags, Spared: Spared.Sum(a.Spared, b.Spared));
}

/// <summary>Sums by name. Past <see cref="Most"/> names, the cheapest half is summed under <see cref="Other"/>: every sum stays exact.</summary>
public sealed class Names
{
    public const int Most = 64;
    public const string Other = "other";

    public static readonly Names Empty = new([]);

    private readonly ImmutableArray<NamedSums> _sums;

    private Names(ImmutableArray<NamedSums> sums) => _sums = sums;

    public static Names Of(ImmutableArray<NamedSums> named) => new(named);

    public Names Add(string name, Sums sums)
    {
        // A few names are the rule and sixty-four the bound: looking along them beats a tree.
        for (var i = 0; i < _sums.Length; i++)
        {
            if (_sums[i].Name == name)
            {
                return new Names(_sums.SetItem(i, new NamedSums(name, _sums[i].Sums + sums)));
            }
        }

        var grown = _sums.Add(new NamedSums(name, sums));
        return new Names(grown.Length <= Most ? grown : Shrink(grown));
    }

    public static Names operator +(Names a, Names b) => b._sums.Aggregate(a, (sum, one) => sum.Add(one.Name, one.Sums));

    public static Names Sum(IEnumerable<Names> many)
    {
        var sums = new Dictionary<string, Sums>();
        foreach (var one in many.SelectMany(n => n._sums))
        {
            sums[one.Name] = sums.GetValueOrDefault(one.Name) + one.Sums;
        }

        ImmutableArray<NamedSums> all = [.. sums.Select(s => new NamedSums(s.Key, s.Value))];
        return new Names(all.Length <= Most ? all : Shrink(all));
    }

    /// <summary>Dearest first, then by name; "other" last.</summary>
    public ImmutableArray<NamedSums> Ranked() =>
        [.. _sums.OrderBy(n => n.Name == Other).ThenByDescending(n => n.Sums.Cost).ThenBy(n => n.Name, StringComparer.Ordinal)];

    private static ImmutableArray<NamedSums> Shrink(ImmutableArray<NamedSums> sums)
    {
        var ranked = new Names(sums).Ranked();
        var other = default(Sums);
        foreach (var cheap in ranked.AsSpan()[(Most / 2)..])
        {
            other += cheap.Sums;
        }

        return [.. ranked.AsSpan()[..(Most / 2)], new NamedSums(Other, other)];
    }
}
