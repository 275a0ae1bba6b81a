using System.Globalization;
using System.Text.RegularExpressions;
using Budgets.Tests.Http;

namespace Budgets.Tests.Telemetry;

/// <summary>The answer of /metrics, read.</summary>
internal sealed partial class Scraped
{
    private readonly List<(string Name, string Labels, double Value)> _samples;

    public Scraped(string text)
    {
        Text = text;
        _samples = [.. Sample().Matches(text).Select(m => (m.Groups[1].Value, m.Groups[2].Value, double.Parse(m.Groups[3].Value, CultureInfo.InvariantCulture)))];
    }

    public string Text { get; }

    /// <summary>The sum of a metric's samples that have a label; 0 when there are none.</summary>
    public double this[string name, string label = ""] =>
        _samples.Where(s => s.Name == name && s.Labels.Contains(label, StringComparison.Ordinal)).Sum(s => s.Value);

    public static async Task<Scraped> Of(Party party)
    {
        var answer = await party.Get("/metrics");
        answer.Status.Should().Be(200, answer.Text);
        return new Scraped(answer.Text);
    }

    [GeneratedRegex(@"^([a-zA-Z_:]\w*)(\{.*\})? (\S+)$", RegexOptions.Multiline)]
    private static partial Regex Sample();
}
