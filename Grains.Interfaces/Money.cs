using System.Globalization;

namespace Budgets;

/// <summary>An amount of US dollars as a signed 64-bit count of nano-dollars (1 USD = 10⁹ nanos). All arithmetic is checked.</summary>
/// <remarks>Source: design.md "Money and time". Never made from a <see cref="double"/>.</remarks>
[GenerateSerializer, Immutable, Alias("Budgets.Money")]
public readonly record struct Money([property: Id(0)] long Nanos) : IComparable<Money>
{
    public const long NanosPerDollar = 1_000_000_000;

    public static readonly Money Zero;

    /// <summary>The most that one request may carry, and that one limit may allow.</summary>
    public static readonly Money MaxPerRequest = Dollars(1_000_000);

    /// <summary>The most a limit may be set to.</summary>
    public static readonly Money MaxLimit = Dollars(1_000_000_000);

    /// <summary>The most the books of one budget hold over its life: leaves room below 2⁶³ so that no sum can overflow.</summary>
    public static readonly Money MaxBooked = Dollars(4_000_000_000);

    public static Money Dollars(long dollars) => new(checked(dollars * NanosPerDollar));

    /// <summary>Exact conversion from decimal dollars.</summary>
    /// <exception cref="ArgumentException">More than nine decimals.</exception>
    /// <exception cref="OverflowException">Outside the range of 64-bit nano-dollars.</exception>
    public static Money FromDollars(decimal dollars) =>
        TryFromDollars(dollars, out var money) ? money : throw new ArgumentException("Money has at most nine decimals.", nameof(dollars));

    /// <summary>False when the amount has more than nine decimals or does not fit in 64 bits of nano-dollars.</summary>
    public static bool TryFromDollars(decimal dollars, out Money money)
    {
        money = default;
        if (dollars is > 9_000_000_000m or < -9_000_000_000m)
        {
            return false;
        }

        var nanos = dollars * NanosPerDollar;
        if (nanos != decimal.Truncate(nanos))
        {
            return false;
        }

        money = new Money((long)nanos);
        return true;
    }

    public decimal InDollars => (decimal)Nanos / NanosPerDollar;

    public bool IsNegative => Nanos < 0;

    public static Money operator +(Money a, Money b) => new(checked(a.Nanos + b.Nanos));

    public static Money operator -(Money a, Money b) => new(checked(a.Nanos - b.Nanos));

    public static bool operator <(Money a, Money b) => a.Nanos < b.Nanos;

    public static bool operator >(Money a, Money b) => a.Nanos > b.Nanos;

    public static bool operator <=(Money a, Money b) => a.Nanos <= b.Nanos;

    public static bool operator >=(Money a, Money b) => a.Nanos >= b.Nanos;

    public static Money Min(Money a, Money b) => a < b ? a : b;

    public static Money Max(Money a, Money b) => a > b ? a : b;

    public int CompareTo(Money other) => Nanos.CompareTo(other.Nanos);

    /// <summary>Decimal dollars with two decimals at least and nine at most: "25.00", "0.000075".</summary>
    public override string ToString() => InDollars.ToString("0.00#######", CultureInfo.InvariantCulture);
}
