using System.Collections.Immutable;
using Budgets.ApiHost.Http;

namespace Budgets.ApiHost.Gateway.Batches;

/// <summary>Why a batch is not made, and how much of it could be.</summary>
internal static class BatchRefusals
{
    public static Task Send(Call call, Outcome outcome, Refusal? refusal, Batch batch, ImmutableArray<BoundItem> items)
    {
        var kind = OutcomeTable.Of(outcome);
        Refusals.SetHeaders(call.Http, kind, refusal, call.Edge);
        var sheet = Sheet.Take();
        sheet.Writer.WriteStartObject();
        Refusals.Write(sheet.Writer, call.Agent, outcome, refusal);
        if (refusal is not null && outcome is Outcome.BudgetExceeded or Outcome.InsufficientBalance && (refusal.Headroom ?? refusal.Standing?.Remaining) is { } headroom)
        {
            sheet.Writer.WriteNumber("affordable_requests"u8, Fitting(batch, items, headroom));
        }

        sheet.Writer.WriteEndObject();
        return sheet.Send(call.Http, kind.Status, Sheet.Problem);
    }

    /// <summary>So many of the first requests come to no more than that; duplicates come to nothing.</summary>
    private static int Fitting(Batch batch, ImmutableArray<BoundItem> items, Money headroom)
    {
        var costs = items.ToDictionary(i => i.Item.First.Index, i => i.Most);
        var sum = Money.Zero;
        for (var index = 0; index < batch.Total; index++)
        {
            sum += costs.GetValueOrDefault(index);
            if (sum > headroom)
            {
                return index;
            }
        }

        return batch.Total;
    }
}
