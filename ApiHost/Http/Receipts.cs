using System.Collections.Immutable;
using System.Text.Json;

namespace Budgets.ApiHost.Http;

/// <summary>Accepted spending as JSON. Every answer is a function of its receipt alone, so that a replay has the same bytes.</summary>
internal static class Receipts
{
    public static void Charge(Utf8JsonWriter json, Receipt receipt)
    {
        ChargeWithoutFigures(json, receipt);
        Figures(json, receipt);
    }

    /// <summary>As an element of a batch: the figures are told once, for the whole batch.</summary>
    public static void ChargeWithoutFigures(Utf8JsonWriter json, Receipt receipt)
    {
        json.WriteString(Words.ChargeId, receipt.Id);
        json.WriteMoney(Words.Charged, receipt.Amount);
        json.WriteBoolean(Words.Overage, receipt.Overage);
        json.WriteString(Words.IdempotencyKey, receipt.Key);
        PriceVersion(json, receipt.PriceVersion);
    }

    public static void Hold(Utf8JsonWriter json, Receipt receipt)
    {
        Reservation(json, receipt, HoldStatus.Held);
        json.WriteMoney(Words.Amount, receipt.Amount);
        PriceVersion(json, receipt.PriceVersion);
        json.WriteInstant(Words.ExpiresAt, receipt.ExpiresAt);
        Figures(json, receipt);
    }

    public static void Settle(Utf8JsonWriter json, Receipt receipt)
    {
        Reservation(json, receipt, HoldStatus.Settled);
        json.WriteMoney(Words.Charged, receipt.Amount);
        json.WriteMoney(Words.Released, receipt.Released);
        json.WriteBoolean(Words.Overage, receipt.Overage);
        json.WriteBoolean(Words.Late, receipt.Late);
        PriceVersion(json, receipt.PriceVersion);
        Figures(json, receipt);
    }

    public static void Release(Utf8JsonWriter json, Receipt receipt)
    {
        Reservation(json, receipt, HoldStatus.Released);
        json.WriteMoney(Words.Released, receipt.Released);
        Figures(json, receipt);
    }

    public static void Balances(Utf8JsonWriter json, ImmutableArray<Balance> balances)
    {
        json.WriteStartArray(Words.Balances);
        foreach (var balance in balances)
        {
            json.WriteStartObject();
            json.WriteString(Words.LimitType, Names<LimitType>.Of(balance.Type));
            json.WriteMoney(Words.Spent, balance.Spent);
            json.WriteMoney(Words.Held, balance.Held);
            json.WriteMoney(Words.Limit, balance.Limit);
            json.WriteMoney(Words.Remaining, balance.Remaining);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    public static void Warnings(Utf8JsonWriter json, ImmutableArray<Warning> warnings)
    {
        json.WriteStartArray(Words.Warnings);
        foreach (var warning in warnings)
        {
            json.WriteStartObject();
            json.WriteString(Words.LimitType, Names<LimitType>.Of(warning.Type));
            json.WriteMoney(Words.Limit, warning.Limit);
            json.WriteNumber(Words.PercentUsed, warning.Percent);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    /// <summary>Only where usage was priced.</summary>
    public static void PriceVersion(Utf8JsonWriter json, string? version)
    {
        if (version is not null)
        {
            json.WriteString(Words.PriceVersion, version);
        }
    }

    public static void Affordable(Utf8JsonWriter json, ImmutableArray<Affordable> affordable)
    {
        json.WriteStartArray(Words.Affordable);
        foreach (var one in affordable)
        {
            json.WriteStartObject();
            json.WriteString(Words.Model, one.Model);
            json.WriteNumberOrNull(Words.MaxOutputTokens, one.MaxOutputTokens);
            json.WriteNumberOrNull(Words.MaxCalls, one.MaxCalls);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void Figures(Utf8JsonWriter json, Receipt receipt)
    {
        Balances(json, receipt.Balances);
        Warnings(json, receipt.Warnings);
    }

    private static void Reservation(Utf8JsonWriter json, Receipt receipt, HoldStatus status)
    {
        json.WriteString(Words.ReservationId, receipt.Id);
        json.WriteString(Words.Status, Names<HoldStatus>.Of(status));
        if (receipt.Key is not null)
        {
            json.WriteString(Words.IdempotencyKey, receipt.Key);
        }
    }
}
