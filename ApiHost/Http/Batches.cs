using System.Collections.Immutable;
using System.Text.Json;

namespace Budgets.ApiHost.Http;

/// <summary>The results of a batch of charges, in order; the figures after it are told once.</summary>
internal static class Batches
{
    public static Task Send(Call call, ImmutableArray<SpendOutcome> outcomes)
    {
        var sheet = Sheet.Take();
        var json = sheet.Writer;
        json.WriteStartObject();
        json.WriteStartArray(Words.Results);
        Receipt? last = null;
        var warnings = ImmutableArray<Warning>.Empty;
        foreach (var outcome in outcomes)
        {
            json.WriteStartObject();
            WriteResult(json, call.Agent, outcome);
            json.WriteEndObject();
            if (outcome.Receipt is { } receipt)
            {
                last = last?.Seq > receipt.Seq ? last : receipt;
                warnings = receipt.Warnings.IsEmpty ? warnings : warnings.AddRange(receipt.Warnings);
            }
        }

        json.WriteEndArray();
        Receipts.Balances(json, last?.Balances ?? []);
        Receipts.Warnings(json, warnings);
        json.WriteEndObject();
        return sheet.Send(call.Http, 200);
    }

    private static void WriteResult(Utf8JsonWriter json, AgentId agent, SpendOutcome outcome)
    {
        if (outcome.Receipt is { } receipt)
        {
            json.WriteNumber(Words.Status, 201);
            Receipts.ChargeWithoutFigures(json, receipt);
            json.WriteBoolean(Words.Replayed, outcome.Replayed);
        }
        else
        {
            Refusals.Write(json, agent, outcome.Outcome, outcome.Refusal);
        }
    }
}
