using System.Collections.Immutable;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Budgets.Advising;

/// <summary>The line that a provider sells a model under: its id without its numbers. "claude-opus-4-1" and "claude-opus-4-5" are one line, "claude-haiku-4-5" is another.</summary>
/// <remarks>The names are the providers' own way to say which models are of one kind; the catalogue has nothing better, and prices say nothing about what a model can do.</remarks>
internal static partial class Line
{
    /// <summary>Of the same provider and line, with a higher number, and not on their way out.</summary>
    public static IEnumerable<PricedModel> Newer(ImmutableArray<PricedModel> models, PricedModel than)
    {
        var (line, number) = Read(than.Id);
        return from model in models
               where model.Provider == than.Provider && model.Provider is not null && !model.Deprecated && model.NotCounted.IsEmpty
               let read = Read(model.Id)
               where read.Line == line && Compare(read.Number, number) > 0
               select model;
    }

    private static (string Line, ImmutableArray<int> Number) Read(string id)
    {
        var parts = Parts().Matches(id).Select(m => m.Value).ToList();
        return (
            string.Join(' ', parts.Where(p => !char.IsAsciiDigit(p[0]))),
            [.. parts.Where(p => char.IsAsciiDigit(p[0]) && p.Length <= 2).Select(p => int.Parse(p, CultureInfo.InvariantCulture))]);
    }

    private static int Compare(ImmutableArray<int> a, ImmutableArray<int> b)
    {
        for (var i = 0; i < Math.Min(a.Length, b.Length); i++)
        {
            if (a[i] != b[i])
            {
                return a[i].CompareTo(b[i]);
            }
        }

        return a.Length.CompareTo(b.Length);
    }

    // Numbers of three digits and more are dates and sizes, not versions.
    [GeneratedRegex("[a-z]+|[0-9]+")]
    private static partial Regex Parts();
}
