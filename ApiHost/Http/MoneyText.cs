using System.Buffers.Text;

namespace Budgets.ApiHost.Http;

/// <summary>Money as a JSON number of dollars, exact both ways; a double never comes near it.</summary>
internal static class MoneyText
{
    /// <summary>Bytes that <see cref="Write"/> needs at most: a sign, ten digits, a point, nine decimals.</summary>
    public const int MaxLength = 24;

    /// <summary>Significant digits that are read at most; no amount of ours needs more.</summary>
    public const int MaxDigits = 28;

    private const int Decimals = 9;

    /// <summary>Reads the text of a valid JSON number, exponent forms too (Python writes 0.00001 as 1e-05).</summary>
    /// <returns>Null when it was read, else what is wrong with it.</returns>
    public static string? Read(ReadOnlySpan<byte> number, out Money money)
    {
        money = default;
        var negative = number[0] == (byte)'-';
        var digits = Int128.Zero;
        int count = 0, decimals = 0;
        var afterPoint = false;
        var i = negative ? 1 : 0;
        for (; i < number.Length && number[i] is not ((byte)'e' or (byte)'E'); i++)
        {
            if (number[i] == (byte)'.')
            {
                afterPoint = true;
                continue;
            }

            count += count > 0 || number[i] != (byte)'0' ? 1 : 0;
            if (count > MaxDigits)
            {
                return "has more than 28 digits";
            }

            digits = (digits * 10) + (number[i] - (byte)'0');
            decimals += afterPoint ? 1 : 0;
        }

        var exponent = 0;
        if (i < number.Length && !(Utf8Parser.TryParse(number[(i + 1)..], out exponent, out _) && exponent is > -1000 and < 1000))
        {
            return "has an exponent out of range";
        }

        return Scale(digits, exponent - decimals + Decimals, negative, out money);
    }

    /// <summary>Writes "25.00", "0.000075": two decimals at least, nine at most; the same text as <see cref="Money.ToString"/>.</summary>
    /// <returns>How many bytes were written.</returns>
    public static int Write(Money money, Span<byte> text)
    {
        var at = 0;
        if (money.IsNegative)
        {
            text[at++] = (byte)'-';
        }

        var (dollars, nanos) = Math.DivRem((ulong)Int128.Abs(money.Nanos), (ulong)Money.NanosPerDollar);
        Utf8Formatter.TryFormat(dollars, text[at..], out var written);
        at += written;
        text[at++] = (byte)'.';
        var places = Decimals;
        for (; places > 2 && nanos % 10 == 0; places--)
        {
            nanos /= 10;
        }

        for (var place = places - 1; place >= 0; place--)
        {
            text[at + place] = (byte)('0' + (nanos % 10));
            nanos /= 10;
        }

        return at + places;
    }

    /// <param name="shift">Power of ten that turns the digits into nano-dollars.</param>
    private static string? Scale(Int128 digits, int shift, bool negative, out Money money)
    {
        money = default;
        for (; shift < 0 && digits != 0 && digits % 10 == 0; shift++)
        {
            digits /= 10;
        }

        for (; shift > 0 && digits != 0 && digits <= long.MaxValue; shift--)
        {
            digits *= 10;
        }

        if (digits > long.MaxValue)
        {
            return "is too large";
        }

        if (shift < 0 && digits != 0)
        {
            return "has more than nine decimals";
        }

        money = new Money(negative ? -(long)digits : (long)digits);
        return null;
    }
}
