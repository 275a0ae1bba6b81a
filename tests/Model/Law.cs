using System.Globalization;
using System.Runtime.CompilerServices;

namespace Budgets.Tests.Model;

/// <summary>What a law says, with its figures; not even looked at while it holds.</summary>
[InterpolatedStringHandler]
internal ref struct Law
{
    private DefaultInterpolatedStringHandler _text;

    public Law(int literalLength, int formattedCount, bool holds, out bool isTold)
    {
        isTold = !holds;
        _text = isTold ? new(literalLength, formattedCount, CultureInfo.InvariantCulture) : default;
    }

    public string Text => _text.ToStringAndClear();

    public void AppendLiteral(string text) => _text.AppendLiteral(text);

    public void AppendFormatted<T>(T value, string? format = null) => _text.AppendFormatted(value, format);
}
