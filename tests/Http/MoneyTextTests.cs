using System.Globalization;
using System.Text;
using Budgets.ApiHost.Http;
using CsCheck;

namespace Budgets.Tests.Http;

/// <summary>Money in JSON is exact: what is written is what is read, and what cannot be exact is refused.</summary>
public sealed class MoneyTextTests
{
    [Fact]
    public void What_is_written_is_what_Money_says_and_is_read_back() => Gen.Long.Sample(nanos =>
    {
        var money = new Money(nanos);
        Span<byte> text = stackalloc byte[MoneyText.MaxLength];
        var written = text[..MoneyText.Write(money, text)];
        return Encoding.ASCII.GetString(written) == money.ToString()
            && ((MoneyText.Read(written, out var read) is null && read == money) || nanos == long.MinValue);
    });

    [Fact]
    public void What_decimal_can_read_exactly_is_read_the_same() => Gen.Select(Gen.Int[0, int.MaxValue], Gen.Int[0, 14], Gen.Int[-12, 12]).Sample((digits, decimals, exponent) =>
    {
        var mantissa = new decimal(digits, 0, 0, false, (byte)decimals).ToString(CultureInfo.InvariantCulture);
        var text = $"{mantissa}e{exponent}";
        var value = decimal.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture);
        var fits = Money.TryFromDollars(value, out var expected);

        // decimal itself rounds below 10^-28; those are not exact either way.
        var wrong = MoneyText.Read(Encoding.ASCII.GetBytes(text), out var read);
        return decimals - exponent > 28 || (fits ? wrong is null && read == expected : wrong is not null);
    });

    [Theory]
    [InlineData("0.0000000001")]
    [InlineData("12345678901234567890123456789")]
    [InlineData("1e400")]
    [InlineData("1e99999999999")]
    [InlineData("9223372037")]
    [InlineData("1e-10")]
    public void What_cannot_be_exact_is_refused(string text) => MoneyText.Read(Encoding.ASCII.GetBytes(text), out _).Should().NotBeNull();

    [Theory]
    [InlineData("0e400", 0)]
    [InlineData("-0", 0)]
    [InlineData("-1.5", -1_500_000_000)]
    [InlineData("1E+2", 100_000_000_000)]
    [InlineData("1e-09", 1)]
    [InlineData("0.000000000000000000000000000000000000", 0)]
    [InlineData("10000000000e-10", 1_000_000_000)]
    public void Any_exact_form_is_read(string text, long nanos)
    {
        MoneyText.Read(Encoding.ASCII.GetBytes(text), out var money).Should().BeNull();
        money.Nanos.Should().Be(nanos);
    }
}
