using System.Collections.Immutable;
using System.ComponentModel;
using System.Text.Json.Serialization;
using Budgets.ApiHost.Http;

namespace Budgets.ApiHost.Endpoints;

/// <summary>What is to be told, and where. What is left out stays; null takes a channel away.</summary>
internal sealed record AlertsBody : IBody
{
    public const int MaxUrlLength = 2048;

    [JsonPropertyName("alert_at_50_percent")]
    public bool? AlertAt50Percent { get; set; }

    [JsonPropertyName("alert_at_80_percent")]
    public bool? AlertAt80Percent { get; set; }

    [JsonPropertyName("alert_at_95_percent")]
    public bool? AlertAt95Percent { get; set; }

    [Description("All shares of a limit, in percent from 1 to 99, that are worth a warning, instead of those set before; the alert_at_*_percent switches come after it. A limit that is used up is always told.")]
    public int[]? Thresholds { get; set; }

    [Description("https, or an address that the operator allows. Setting it, also to the same, enables a webhook that was disabled.")]
    public Change<string?> WebhookUrl { get; set; }

    public Change<string?> EmailHuman { get; set; }

    [Description("Only these; null: all but period_reset, which then is told to those who were blocked.")]
    public Change<string[]?> Events { get; set; }

    public void Check(Faults faults)
    {
        faults.AddIf(Thresholds?.Length > AlertSettings.MostThresholds, "thresholds", $"must have at most {AlertSettings.MostThresholds} members");
        faults.AddIf(Thresholds?.Any(t => t is < 1 or > 99) == true, "thresholds", "must be whole percents from 1 to 99");
        faults.Text("webhook_url", WebhookUrl.Value, MaxUrlLength);
        Emails.Check(faults, "email_human", EmailHuman.Value);
        faults.AddIf(Events.Value is { Length: 0 }, "events", "must not be empty; null means the usual ones");
        faults.AddIf(Events.Value?.Any(e => EventNames.Of(e) is null) == true, "events", $"must be some of {EventNames.Listed}");
    }

    public ChannelsRequest ToChannels(Layer layer, string by) => new(
        layer, by, WebhookUrl, EmailHuman,
        Events.IsSet ? Change.To<AlertKinds?>(Events.Value?.Aggregate(AlertKinds.None, (kinds, name) => kinds | EventNames.Of(name)!.Value)) : default);

    /// <param name="channels">Where the layer's alerts go from now on.</param>
    public ConfigureRequest ToSettings(Layer layer, string by, Channels channels) => new(
        layer, by, OnlyTighten: false, AlertAt50: AlertAt50Percent, AlertAt80: AlertAt80Percent, AlertAt95: AlertAt95Percent,
        Thresholds: Thresholds is null ? null : [.. Thresholds.Distinct().Order()],
        Wanted: Change.To<AlertKinds?>(channels.WebhookUrl is null && channels.EmailHuman is null ? null : channels.Wanted));
}

/// <summary>No members yet.</summary>
internal sealed record EmptyBody : IBody
{
    public void Check(Faults faults)
    {
    }
}

/// <summary>What an alert can be about, by name.</summary>
internal static class EventNames
{
    private static readonly ImmutableArray<(string Name, AlertKinds Kind)> All =
        [.. Enum.GetValues<AlertKinds>().Where(k => k is not (AlertKinds.None or AlertKinds.Test)).Select(k => (Snake.Of(k.ToString()), k))];

    public static string Listed { get; } = string.Join(", ", All.Select(e => e.Name));

    public static AlertKinds? Of(string? name) => All.Where(e => e.Name == name).Select(e => (AlertKinds?)e.Kind).FirstOrDefault();

    public static IReadOnlyList<string> Of(AlertKinds kinds) => [.. All.Where(e => kinds.HasFlag(e.Kind)).Select(e => e.Name)];
}

internal static class Emails
{
    public static void Check(Faults faults, string field, string? email)
    {
        if (email is not null && Mailbox.FaultOf(email) is { } fault)
        {
            faults.Add(field, fault);
        }
    }
}

/// <param name="Thresholds">Of both layers, in percent.</param>
/// <param name="Webhook">active, failing (since failing_since), disabled, or not_configured.</param>
/// <param name="Email">active; no_address; or not_configured: the server has no SMTP server to send mail with, and every mail fails until it has.</param>
/// <param name="WebhookSecret">What posts are signed with (Standard Webhooks 1.0); shown when it is made, and never again.</param>
/// <param name="DisabledReason">gone (the receiver answered 410) or failing (for five days).</param>
/// <param name="Waiting">Deliveries that have not arrived yet.</param>
/// <param name="Dropped">Alerts that had no room in the queue.</param>
internal sealed record AlertsAnswer(
    bool AlertsConfigured,
    string AgentId,
    [property: JsonPropertyName("alert_at_50_percent")] bool AlertAt50Percent,
    [property: JsonPropertyName("alert_at_80_percent")] bool AlertAt80Percent,
    [property: JsonPropertyName("alert_at_95_percent")] bool AlertAt95Percent,
    IReadOnlyList<int> Thresholds,
    string? WebhookUrl,
    string Webhook,
    string? EmailHuman,
    string Email,
    IReadOnlyList<string> Events,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? WebhookSecret,
    DateTimeOffset? FailingSince,
    string? DisabledReason,
    int Waiting,
    long Dropped)
{
    public static AlertsAnswer Of(BudgetView budget, Channels c, string? secret = null) => new(
        c.WebhookUrl is not null || c.EmailHuman is not null || budget.Alerts.Thresholds.Length > 0,
        budget.Agent.Value,
        budget.Alerts.Thresholds.Contains(50),
        budget.Alerts.Thresholds.Contains(80),
        budget.Alerts.Thresholds.Contains(95),
        budget.Alerts.Thresholds,
        c.WebhookUrl,
        c.WebhookUrl is null ? "not_configured" : c.WebhookDisabled is not null ? "disabled" : c.FailingSince is not null ? "failing" : "active",
        c.EmailHuman,
        !c.CanMail ? "not_configured" : c.EmailHuman is null ? "no_address" : "active",
        EventNames.Of(c.Wanted),
        secret,
        c.FailingSince,
        c.WebhookDisabled,
        c.Waiting,
        c.Dropped);
}

/// <param name="PreviousValidUntil">Until then every post carries a signature with the old secret too.</param>
internal sealed record RotatedSecretAnswer(string WebhookSecret, DateTimeOffset PreviousValidUntil);

/// <param name="Id">The webhook-id of every try and every replay.</param>
/// <param name="AlertNumber">Counts the agent's alerts; 0: not one of its budget's.</param>
/// <param name="Target">The webhook's URL without its query, or the e-mail address.</param>
/// <param name="LastStatus">What the receiver answered to the last try, as a number; null: nothing.</param>
internal sealed record DeliveryAnswer(
    string Id,
    string AlertType,
    long AlertNumber,
    Channel Channel,
    string Target,
    DeliveryStatus Status,
    int Tries,
    DateTimeOffset CreatedAt,
    DateTimeOffset? LastTriedAt,
    DateTimeOffset? NextTryAt,
    int? LastStatus,
    string? LastError)
{
    public static DeliveryAnswer Of(DeliveryView d) => new(
        d.Id, Snake.Of(d.Kind.ToString()), d.Number, d.Channel, d.Target, d.Status, d.Tries, d.CreatedAt, d.LastTriedAt, d.NextTryAt, d.LastStatus, d.LastError);
}

internal sealed record DeliveryListAnswer(IReadOnlyList<DeliveryAnswer> Data, string? NextCursor, bool HasMore);

/// <param name="Deliveries">None: there is no channel to test.</param>
internal sealed record TestedAnswer(IReadOnlyList<DeliveryAnswer> Deliveries);
