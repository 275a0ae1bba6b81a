using System.Collections.Immutable;

namespace Budgets.Ledger;

/// <summary>A draw as its taker sees it: a hold that it has one level up. Source: design.md "Trees".</summary>
/// <param name="Version">Of the newest report.</param>
/// <param name="Confirmed">Of the newest report that the giver has answered.</param>
/// <param name="Granted">What the taker may use in all: never more than the giver has set aside.</param>
/// <param name="Told">What the newest report said was spent.</param>
/// <param name="ValidUntil">New spends are admitted before this; null: nothing was granted yet.</param>
/// <param name="IsExact">Money is short above: what is not needed goes back at once.</param>
public sealed record Draw(
    long Number, long Version, long Confirmed, Money Granted, Money Spent, Money Held, Money Told, DateTimeOffset? ValidUntil, bool IsExact)
{
    /// <summary>Draws that are remembered after they have ended, for spends that are reported late.</summary>
    public const int Remembered = 8;

    public Money Used => Spent + Held;

    /// <summary>What can still be admitted out of it.</summary>
    public Money Room => Money.Max(Money.Zero, Granted - Used);

    /// <summary>Nothing is left to be said of it.</summary>
    public bool IsAtRest => Confirmed == Version && Told == Spent && Granted == Used;

    public bool IsOver(DateTimeOffset at) => ValidUntil <= at;
}

/// <summary>The taker has spoken: written down before it is said, so that no version is ever used for two things.</summary>
/// <param name="IsExact">A recall: from now on what is not needed goes back at once.</param>
public sealed record Asked(long Number, long Version, Money Kept, Money Need, Money Want, bool IsExact);

/// <summary>The giver has answered the newest report.</summary>
public sealed record Answered(long Number, long Version, Money Granted, DateTimeOffset? ValidUntil, bool IsExact);

/// <summary>What those who wait would like to have set aside for them.</summary>
/// <param name="Need">Serves all of them. May be zero.</param>
/// <param name="Least">Serves one of them; less is of no use.</param>
/// <param name="Ahead">Worth having beyond the need, if money is plenty.</param>
public readonly record struct Wanted(Money Need, Money Least, Money Ahead = default)
{
    public Wanted And(Wanted other) => new(
        Need + other.Need,
        Need == Money.Zero ? other.Least : other.Need == Money.Zero ? Least : Money.Min(Least, other.Least),
        Money.Min(Ahead + other.Ahead, Money.MaxPerRequest));
}

/// <summary>The draws of one taker, oldest first; the newest is the one that new spends go under.</summary>
public static class Drawing
{
    /// <summary>The draw that a spend at this instant goes under; one that was not asked for yet has nothing in it.</summary>
    public static Draw At(this ImmutableArray<Draw> draws, DateTimeOffset at) =>
        draws.IsDefaultOrEmpty ? Blank(1) : draws[^1].IsOver(at) ? Blank(draws[^1].Number + 1) : draws[^1];

    public static Draw? Find(this ImmutableArray<Draw> draws, long number) => draws.FirstOrDefault(d => d.Number == number);

    /// <summary>Money of a draw is spent or set aside; a draw that is past remembering passes it to the newest.</summary>
    /// <remarks>But not what was never spent after all: out of the newest, nobody has counted it as spent.</remarks>
    public static ImmutableArray<Draw> Moved(this ImmutableArray<Draw> draws, long number, Money spent, Money held)
    {
        for (var i = draws.Length - 1; i >= 0; i--)
        {
            if (draws[i].Number == number)
            {
                return draws.SetItem(i, draws[i] with { Spent = draws[i].Spent + spent, Held = draws[i].Held + held });
            }
        }

        return draws.Length > 0 && number < draws[^1].Number
            ? draws.Moved(draws[^1].Number, Money.Max(Money.Zero, spent), held)
            : draws.Begun(Blank(number) with { Spent = spent, Held = held });
    }

    internal static ImmutableArray<Draw> With(this ImmutableArray<Draw> draws, Asked asked)
    {
        var draw = draws.Find(asked.Number) ?? Blank(asked.Number);
        draw = draw with
        {
            Version = asked.Version,
            Granted = Money.Min(draw.Granted, asked.Kept),
            Told = draw.Spent,
            IsExact = draw.IsExact || asked.IsExact,
        };
        return draws.Put(draw);
    }

    internal static ImmutableArray<Draw> With(this ImmutableArray<Draw> draws, Answered answered) => draws.Find(answered.Number) is { } draw && draw.Version == answered.Version
        ? draws.Put(draw with { Confirmed = answered.Version, Granted = answered.Granted, ValidUntil = answered.ValidUntil, IsExact = answered.IsExact })
        : throw new JournalCorruptException($"Draw {answered.Number} has no report {answered.Version} that could be answered.");

    private static ImmutableArray<Draw> Put(this ImmutableArray<Draw> draws, Draw draw)
    {
        for (var i = draws.Length - 1; i >= 0; i--)
        {
            if (draws[i].Number == draw.Number)
            {
                return draws.SetItem(i, draw);
            }
        }

        return draws.Begun(draw);
    }

    private static ImmutableArray<Draw> Begun(this ImmutableArray<Draw> draws, Draw draw)
    {
        while (draws.Length >= Draw.Remembered && draws.FirstOrDefault(d => d.IsAtRest) is { } oldest)
        {
            draws = draws.Remove(oldest);
        }

        return draws.Add(draw);
    }

    private static Draw Blank(long number) => new(number, 0, 0, default, default, default, default, null, false);
}
