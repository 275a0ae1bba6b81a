using System.ComponentModel;
using System.Globalization;
using Budgets.ApiHost.Http;

namespace Budgets.ApiHost.Endpoints;

/// <summary>One model on one day, as a provider tells it.</summary>
internal sealed record BilledRow
{
    public string? Model { get; set; }

    [Description("The local day, such as 2026-02-01.")]
    public DateOnly? Date { get; set; }

    public long? InputTokens { get; set; }

    public long? OutputTokens { get; set; }

    public Money? Cost { get; set; }

    public void Check(Faults faults)
    {
        faults.Text("model", Model, Purpose.MaxModelLength, required: true);
        faults.AddIf(Date is null, "date", "is required");
        faults.AddIf(Cost is null, "cost", "is required");
        faults.AddIf(Date < AnalyticsQuery.Earliest, "date", string.Create(CultureInfo.InvariantCulture, $"must not be before {AnalyticsQuery.Earliest:yyyy-MM-dd}"));
        faults.Money("cost", Cost, Money.MaxPerRequest);
        faults.Range("input_tokens", InputTokens, 0, MostTokens);
        faults.Range("output_tokens", OutputTokens, 0, MostTokens);
    }

    public BilledUsage ToBilled() => new(Model!, Date!.Value, Cost!.Value, InputTokens, OutputTokens);

    // Of one model in one day: a thousand times what one call may count.
    private const long MostTokens = TokenUsage.Most * 1_000;
}

/// <summary>A provider's usage; several rows of one model and day are added up.</summary>
internal sealed record ReconcileBody : IBody
{
    private const int MaxProviderLength = 64;

    [Description("Whose usage it is, as in GET /v1/models: all of its models that were booked are compared. Left out: the providers of the models that are named.")]
    public string? Provider { get; set; }

    [Description("1 to 1000, of at most 366 days.")]
    public BilledRow?[]? Rows { get; set; }

    public void Check(Faults faults)
    {
        faults.Text("provider", Provider, MaxProviderLength);
        faults.AddIf(Rows is null, "rows", "is required");
        faults.AddIf(Rows?.Length is 0 or > ReconcileRequest.MostRows, "rows", $"must be 1 to {ReconcileRequest.MostRows}");
        for (var i = 0; i < Rows?.Length && !faults.Full; i++)
        {
            faults.Within = ("rows", i);
            if (Rows[i] is { } row)
            {
                row.Check(faults);
            }
            else
            {
                faults.Add("", "must be an object");
            }
        }

        faults.Within = null;
        if (!faults.Any && Rows!.Max(r => r!.Date!.Value.DayNumber) - Rows!.Min(r => r!.Date!.Value.DayNumber) >= AnalyticsQuery.MostDays)
        {
            faults.Add("rows", $"must be of at most {AnalyticsQuery.MostDays} days, from the first to the last");
        }
    }

    public ReconcileRequest ToRequest(string by, IdempotencyKey? key) => new(by, Provider, [.. Rows!.Select(r => r!.ToBilled())], key);
}
