using System.Globalization;
using Xunit.Abstractions;

namespace Budgets.Tests.Forecasting;

/// <summary>Simulated agents under the forecast, the seed's straight line, a threshold and two clairvoyants. More with scripts/backtest.sh.</summary>
public sealed class BacktestTests(ITestOutputHelper output)
{
    [Fact]
    public void Nobody_runs_out_and_little_lies_idle()
    {
        var (days, seed) = (Told("BUDGETS_BACKTEST_DAYS") ?? 1500, Told("BUDGETS_BACKTEST_SEED") ?? 1);
        var rows = Backtest.Run(days, seed);
        output.WriteLine(BacktestTable.Of(rows, seed));

        var all = rows[^1];
        all.AgentDays.Should().Be(days);
        rows.Select(r => (r.Kind, r.Rules[0].Depletions)).Should().OnlyContain(r => r.Depletions == 0);
        all.IdleOver(Backtest.Rules.Length - 1).Should().BeLessThanOrEqualTo(1.5);
        // A few agents' fates hang together: a short run may be off by more than a long one.
        all.Covered.Should().BeInRange(days < 10_000 ? 74 : 77, days < 10_000 ? 86 : 83);
    }

    private static int? Told(string name) => int.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out var n) ? n : null;
}
