using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Budgets.Pricing;

namespace Budgets.Advising;

/// <summary>The line that a provider sells a model under: its id without its numbers. "claude-opus-4-1" and "claude-opus-4-5" are one line, "claude-haiku-4-5" is another.</summary>
/// <remarks>The names are the providers' own way to say which models are of one kind; the catalogue has nothing better, and prices say nothing about what a model can do.</remarks>
internal static partial class Line
{
    // Read once for a price list, which lives until the operator changes a price.
    private static readonly ConditionalWeakTable<PriceList, ILookup<(string? Provider, string Line), (PricedModel Model, ImmutableArray<string> Number)>> Lines = [];

    /// <summary>Of the same provider and line, with a higher number, and not on their way out.</summary>
    public static IEnumerable<PricedModel> Newer(PriceList prices, PricedModel than)
    {
        var (line, number) = Read(than.Id);
        return Lines.GetValue(prices, Known)[(than.Provider, line)].Where(m => IsHigher(m.Number, number)).Select(m => m.Model);
    }

    private static ILookup<(string?, string), (PricedModel, ImmutableArray<string>)> Known(PriceList prices) =>
        (from model in prices.Models
         where model.Provider is not null && !model.Deprecated
         let read = Read(model.Id)
         select (Key: (model.Provider, read.Line), Value: (model, read.Number))).ToLookup(m => m.Key, m => m.Value);

    // Numbers of three digits and more are dates.
    private static (string Line, ImmutableArray<string> Number) Read(string id)
    {
        var parts = Parts().Matches(id).Select(m => m.Value).ToLookup(p => char.IsAsciiDigit(p[^1]));
        return (string.Join(' ', parts[false]), [.. parts[true].Where(p => p.Length <= 2)]);
    }

    /// <summary>Higher however it is read: 4.20 after 4.6 is a guess, and none is made.</summary>
    private static bool IsHigher(ImmutableArray<string> a, ImmutableArray<string> b)
    {
        for (var i = 0; i < Math.Min(a.Length, b.Length); i++)
        {
            if (a[i] != b[i])
            {
                return int.Parse(a[i], CultureInfo.InvariantCulture) > int.Parse(b[i], CultureInfo.InvariantCulture) && string.CompareOrdinal(a[i], b[i]) > 0;
            }
        }

        return a.Length > b.Length;
    }

    // A number with a b is a size: it belongs to the line.
    [GeneratedRegex("[0-9]+b(?![a-z])|[a-z]+|[0-9]+")]
    private static partial Regex Parts();
}
