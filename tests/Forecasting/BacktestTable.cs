using System.Globalization;
using System.Text;

namespace Budgets.Tests.Forecasting;

internal static class BacktestTable
{
    public static string Of(IReadOnlyList<Row> rows, int seed)
    {
        var table = new StringBuilder().Append(CultureInfo.InvariantCulture, $"""
            {rows[^1].AgentDays} agent-days, seed {seed}. Depletions / outsized spends / after the cap; idle float in recharges.

            | kind | agent-days | {string.Join(" | ", Backtest.Rules)} | idle over clairvoyant 24 h | over last check | within p10-p90 | before p10 | after p90 |
            |---|---|{string.Concat(Backtest.Rules.Select(_ => "---|"))}---|---|---|---|---|

            """);
        foreach (var row in rows)
        {
            table.AppendLine(CultureInfo.InvariantCulture, $"| {row.Kind} | {row.AgentDays} | {string.Join(" | ", row.Rules.Select(Told))} | {row.IdleOver(4):0.00} | {row.IdleOver(5):0.00} | {row.Covered:0.0} % | {100.0 * row.Early / row.Of:0.0} % | {100.0 * (row.Of - row.Within - row.Early) / row.Of:0.0} % |");
        }

        return table.ToString();
    }

    private static string Told(Outcome o) => string.Create(CultureInfo.InvariantCulture, $"{o.Depletions}/{o.Outsized}/{o.Capped}; {o.Idle:0.00}");
}
