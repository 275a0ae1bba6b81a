using System.Globalization;
using System.Text;
using Budgets.ApiHost.Http;

namespace Budgets.ApiHost.Endpoints;

/// <summary>The ledger as CSV (RFC 4180), streamed page by page: the whole of it never sits in memory.</summary>
internal static class LedgerCsv
{
    private const string Columns =
        "entry_id,seq,at,kind,amount,charge_id,reservation_id,idempotency_key,model,operation,tags,"
        + "input_tokens,output_tokens,overage,late,detail,price_version,total_spent,total_held,balance_after\r\n";

    public static async Task Stream(Call call, LedgerQuery asked)
    {
        var query = asked with { Limit = LedgerQuery.MaxLimit };
        if (await call.Budget.GetLedger(query) is not { } page)
        {
            await Problem.NotFound.Send(call.Http);
            return;
        }

        var response = call.Http.Response;
        Csv.Announce(response, "ledger.csv");
        var text = new StringBuilder(Columns);
        while (true)
        {
            foreach (var entry in page.Entries)
            {
                Append(text, call.Agent, entry);
            }

            await response.WriteAsync(text.ToString(), call.Http.RequestAborted);
            if (page.Next is not { } next)
            {
                return;
            }

            text.Clear();
            page = await call.Budget.GetLedger(query with { Before = next })
                ?? throw new InvalidOperationException("A ledger that was there is gone.");
        }
    }

    internal static void Append(StringBuilder text, AgentId agent, LedgerEntry e)
    {
        var total = e.Balances.IsDefaultOrEmpty ? (Balance?)null : e.Balances.FirstOrDefault(b => b.Type == LimitType.Total);
        text.Append(CultureInfo.InvariantCulture, $"{LedgerLine.IdOf(agent, e.Seq)},{e.Seq},{e.At.UtcDateTime:O},{Names<EntryKind>.Of(e.Kind)},{e.Amount},");
        text.Append(e.Kind == EntryKind.Charge ? e.Id : "").Append(',').Append(e.Kind == EntryKind.Charge ? "" : e.Id).Append(',');
        Csv.Cell(text, e.Key).Append(',');
        Csv.Cell(text, e.Purpose.Model).Append(',');
        Csv.Cell(text, e.Purpose.Operation).Append(',');
        Csv.Cell(text, e.Purpose.Tags.IsDefaultOrEmpty ? null : string.Join(';', e.Purpose.Tags)).Append(',');
        text.Append(CultureInfo.InvariantCulture, $"{e.Purpose.Usage?.InputTokens},{e.Purpose.Usage?.OutputTokens},");
        text.Append(e.Overage ? "true," : "false,").Append(e.Late ? "true," : "false,");
        Csv.Cell(text, e.Detail).Append(',');
        Csv.Cell(text, e.PriceVersion).Append(',');
        text.Append(CultureInfo.InvariantCulture, $"{total?.Spent},{total?.Held},{e.BalanceAfter}\r\n");
    }
}
