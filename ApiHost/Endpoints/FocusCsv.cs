using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Budgets.ApiHost.Http;

namespace Budgets.ApiHost.Endpoints;

/// <summary>What was spent, in the columns of FOCUS 1.2 (FinOps Open Cost and Usage Specification, focus.finops.org), streamed page by page.</summary>
/// <remarks>
/// A row is a charge, a settlement or a correction of days: holds, what came into a wallet and what was given back cost nothing. There is one cost: what was booked; whoever has discounts that the
/// price catalogue does not know books them as amounts or corrections. A call has many rates (in, out, cached), so no unit price is told. Times are UTC, periods an hour.
/// </remarks>
internal static class FocusCsv
{
    public const string Version = "1.2";

    /// <summary>In the specification's spelling; those that it does not know start with x_, as it asks.</summary>
    public static readonly ImmutableArray<string> Columns =
    [
        "BilledCost", "BillingAccountId", "BillingAccountName", "BillingAccountType", "BillingCurrency", "BillingPeriodEnd", "BillingPeriodStart",
        "ChargeCategory", "ChargeClass", "ChargeDescription", "ChargeFrequency", "ChargePeriodEnd", "ChargePeriodStart",
        "ConsumedQuantity", "ConsumedUnit", "ContractedCost", "EffectiveCost", "InvoiceIssuerName", "ListCost", "PricingCategory", "PricingQuantity", "PricingUnit",
        "ProviderName", "PublisherName", "ResourceId", "ResourceName", "ResourceType", "ServiceCategory", "ServiceName", "ServiceSubcategory",
        "SkuId", "SkuPriceId", "Tags", "x_EntryId", "x_Operation", "x_InputTokens", "x_OutputTokens", "x_CacheReadTokens", "x_CacheWriteTokens",
    ];

    // As the providers write themselves.
    private static readonly FrozenDictionary<string, string> Providers = new Dictionary<string, string>
    {
        ["openai"] = "OpenAI", ["anthropic"] = "Anthropic", ["google"] = "Google", ["deepseek"] = "DeepSeek", ["x-ai"] = "xAI", ["mistral"] = "Mistral AI",
    }.ToFrozenDictionary(StringComparer.Ordinal);

    public static async Task Stream(Call call, LedgerQuery asked)
    {
        var query = asked with { Limit = LedgerQuery.MaxLimit };
        if (await call.Budget.GetBudget() is not { } budget || await call.Budget.GetLedger(query) is not { } page)
        {
            await Problem.NotFound.Send(call.Http);
            return;
        }

        var response = call.Http.Response;
        Csv.Announce(response, "focus.csv");
        var text = new StringBuilder(string.Join(',', Columns)).Append("\r\n");
        while (true)
        {
            ImmutableArray<LedgerEntry> spent = [.. page.Entries.Where(e => e.Kind is EntryKind.Charge or EntryKind.Settle || (e.Kind is EntryKind.Correction && e.About is not null))];
            var models = spent.Select(e => e.Purpose.Model).OfType<string>().Distinct().ToImmutableArray();
            var names = models.IsEmpty ? [] : (await call.Edge.Quotes.Meanings(models)).ToDictionary(n => n.Name);
            foreach (var entry in spent)
            {
                Append(text, budget, entry, entry.Purpose.Model is { } model ? names[model] : null);
            }

            await response.WriteAsync(text.ToString(), call.Http.RequestAborted);
            if (page.Next is not { } next)
            {
                return;
            }

            text.Clear();
            page = await call.Budget.GetLedger(query with { Before = next }) ?? throw new InvalidOperationException("A ledger that was there is gone.");
        }
    }

    private static void Append(StringBuilder text, BudgetView budget, LedgerEntry e, ModelName? model)
    {
        var (at, usage, isCorrection) = (e.At.UtcDateTime, e.Purpose.Usage, e.Kind == EntryKind.Correction);
        var month = new DateTime(at.Year, at.Month, 1, 0, 0, 0, DateTimeKind.Utc);
        var hour = new DateTime(at.Year, at.Month, at.Day, at.Hour, 0, 0, DateTimeKind.Utc);
        var provider = model?.Provider is { } id ? Providers.GetValueOrDefault(id, id) : "Unknown";
        var tokens = usage is null ? 0 : usage.InputTokens + usage.OutputTokens;
        var (quantity, unit) = isCorrection ? ("", "") : tokens > 0 ? (Text(tokens), "Tokens") : ("1", "Requests");
        string?[] cells =
        [
            e.Amount.ToString(), budget.Agent.Value, budget.Name, "Agent", "USD", Text(month.AddMonths(1)), Text(month),
            isCorrection ? "Adjustment" : "Usage",

            // Only what belongs to an earlier billing period is a correction in the specification's sense.
            isCorrection && e.About is { } about && (about.Year, about.Month) != (at.Year, at.Month) ? "Correction" : null,
            isCorrection ? e.Detail : string.Join(", ", new[] { e.Purpose.Model ?? "unspecified model", e.Purpose.Operation }.OfType<string>()),
            isCorrection ? "One-Time" : "Usage-Based", Text(hour.AddHours(1)), Text(hour),
            quantity, unit, e.Amount.ToString(), e.Amount.ToString(), provider, e.Amount.ToString(), isCorrection ? null : "Standard", quantity, unit,
            provider, provider, budget.Agent.Value, budget.Name, "Agent", "AI and Machine Learning", provider == "Unknown" ? "Language models" : $"{provider} API", "Generative AI",
            model?.Id ?? e.Purpose.Model, e.PriceVersion, Tags(e.Purpose.Tags), LedgerLine.IdOf(budget.Agent, e.Seq), e.Purpose.Operation,
            Text(usage?.InputTokens), Text(usage?.OutputTokens), Text(usage?.CacheReadTokens), Text(usage?.CacheWriteTokens),
        ];
        for (var i = 0; i < cells.Length; i++)
        {
            text.Append(i > 0 ? "," : "");

            // A negative cost is a number, not a formula.
            _ = cells[i] is ['-', ..] and var number && isCorrection && Columns[i].EndsWith("Cost", StringComparison.Ordinal) ? text.Append(number) : Csv.Cell(text, cells[i]);
        }

        text.Append("\r\n");
    }

    /// <summary>A tag without a value has the value true, as the specification asks.</summary>
    private static string? Tags(ImmutableArray<string> tags)
    {
        if (tags.IsDefaultOrEmpty)
        {
            return null;
        }

        var sheet = Sheet.Take();
        sheet.Writer.WriteStartObject();
        foreach (var tag in tags.Distinct())
        {
            sheet.Writer.WriteBoolean(tag, true);
        }

        sheet.Writer.WriteEndObject();
        return Encoding.UTF8.GetString(sheet.Finish());
    }

    private static string Text(DateTime at) => at.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    private static string? Text(long? number) => number?.ToString(CultureInfo.InvariantCulture);
}
