using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace Budgets.Tests.Payments;

/// <summary>A payment intent, as far as anybody here looks at one.</summary>
internal sealed class StripeIntent(string id, long cents, string customer, string? method, IReadOnlyDictionary<string, string> metadata)
{
    public string Id { get; } = id;

    public long Cents { get; } = cents;

    public string? Method { get; set; } = method;

    public IReadOnlyDictionary<string, string> Metadata { get; } = metadata;

    public string Status { get; set; } = "requires_confirmation";

    public JsonObject? LastError { get; set; }

    public JsonObject Shown() => new()
    {
        ["id"] = Id,
        ["object"] = "payment_intent",
        ["amount"] = Cents,
        ["amount_received"] = Status == "succeeded" ? Cents : 0,
        ["currency"] = "usd",
        ["customer"] = customer,
        ["payment_method"] = Method,
        ["status"] = Status,
        ["last_payment_error"] = LastError?.DeepClone(),
        ["metadata"] = new JsonObject(Metadata.Select(m => KeyValuePair.Create<string, JsonNode?>(m.Key, m.Value))),
        ["client_secret"] = $"{Id}_secret_x",
        ["created"] = 1_772_600_000,
        ["livemode"] = false,
        ["capture_method"] = "automatic_async",
    };
}

/// <summary>What the fake does with its objects. Under its lock.</summary>
internal sealed partial class FakeStripe
{
    private static readonly Dictionary<string, string?> s_methods = new()
    {
        [Good] = Customer, [Declined] = Customer, [NeedsOwner] = Customer, [Slow] = Customer, [Loose] = null,
    };

    private (int Status, JsonNode Answer) Create(IFormCollection form)
    {
        string method = form["payment_method"]!, customer = form["customer"]!;
        if (s_methods.GetValueOrDefault(method) != customer)
        {
            return (400, Error("invalid_request_error", null, "The provided PaymentMethod does not belong to the customer."));
        }

        var cents = long.Parse(form["amount"]!, CultureInfo.InvariantCulture);
        if (cents < 50)
        {
            return (400, Error("invalid_request_error", "amount_too_small", "Amount must be at least $0.50 usd"));
        }

        if (form["currency"] != "usd" || form.ContainsKey("confirm") || form["automatic_payment_methods[enabled]"] != "true")
        {
            return (400, Error("invalid_request_error", "parameter_unknown", "Nobody here asks for that."));
        }

        var metadata = form.Where(f => f.Key.StartsWith("metadata[", StringComparison.Ordinal)).ToDictionary(f => f.Key[9..^1], f => f.Value.ToString());
        var intent = new StripeIntent(Next("pi_"), cents, customer, method, metadata);
        _intents[intent.Id] = intent;
        return (200, intent.Shown());
    }

    private (int Status, JsonNode Answer) Confirm(StripeIntent intent, IFormCollection form)
    {
        if (intent.Status is not "requires_confirmation" || intent.Method is null)
        {
            return (400, Error("invalid_request_error", "payment_intent_unexpected_state", $"It has a status of {intent.Status}.", intent));
        }

        if (form["off_session"] != "true")
        {
            return (400, Error("invalid_request_error", "parameter_missing", "Its owner is not there.", intent));
        }

        switch (intent.Method)
        {
            case Declined:
                return Decline(intent, "card_declined", "insufficient_funds");
            case NeedsOwner:
                return Decline(intent, "authentication_required", "authentication_required");
            case Slow:
                intent.Status = "processing";
                return (200, intent.Shown());
            default:
                Succeed(intent);
                return (200, intent.Shown());
        }
    }

    private (int Status, JsonNode Answer) Decline(StripeIntent intent, string code, string declineCode)
    {
        intent.Status = "requires_payment_method";
        intent.Method = null;
        intent.LastError = new JsonObject { ["type"] = "card_error", ["code"] = code, ["decline_code"] = declineCode, ["message"] = "Your card was declined." };
        _charges.Add(ChargeOf(intent, succeeded: false));
        return (402, Error("card_error", code, "Your card was declined.", intent, declineCode));
    }

    private void Succeed(StripeIntent intent)
    {
        intent.Status = "succeeded";
        _charges.Add(ChargeOf(intent, succeeded: true));
    }

    private (int Status, JsonNode Answer) Cancel(StripeIntent intent)
    {
        if (intent.Status is "succeeded" or "processing" or "canceled")
        {
            return (400, Error("invalid_request_error", "payment_intent_unexpected_state", $"You cannot cancel it: it has a status of {intent.Status}.", intent));
        }

        intent.Status = "canceled";
        return (200, intent.Shown());
    }

    private static (int Status, JsonNode Answer) MethodOf(string id) => s_methods.TryGetValue(id, out var customer)
        ? (200, new JsonObject { ["id"] = id, ["object"] = "payment_method", ["type"] = "card", ["customer"] = customer })
        : (404, Error("invalid_request_error", "resource_missing", $"No such PaymentMethod: '{id}'"));

    private static (int Status, JsonNode Answer) CustomerOf(string id) => id is Customer or Poor
        ? (200, new JsonObject
        {
            ["id"] = id, ["object"] = "customer", ["default_source"] = null,
            ["invoice_settings"] = new JsonObject { ["default_payment_method"] = id == Customer ? Good : null },
        })
        : (404, Error("invalid_request_error", "resource_missing", $"No such customer: '{id}'"));

    private static StripeCharge ChargeOf(StripeIntent intent, bool succeeded) => new(
        intent.Id, intent.Metadata["agent_id"], intent.Metadata["recharge_id"], new Money(intent.Cents * (Money.NanosPerDollar / 100)), succeeded);

    private static string EventOf(StripeIntent intent, string type) => new JsonObject
    {
        ["id"] = $"evt_{intent.Id}", ["object"] = "event", ["api_version"] = "2020-08-27", ["type"] = type, ["created"] = 1_772_600_001,
        ["data"] = new JsonObject { ["object"] = intent.Shown() },
    }.ToJsonString();
}
