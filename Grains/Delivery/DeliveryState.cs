using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace Budgets.Delivery;

/// <summary>All that is remembered of one agent's alerts and their receivers. Made only by <see cref="DeliveryFold"/>.</summary>
public sealed record DeliveryState(AgentId Agent)
{
    /// <summary>Letters that are remembered after their end, for the log and for replays.</summary>
    public const int MostFinished = 100;

    /// <summary>Sources whose numbers are remembered. A child that has been silent for longer than so many others would be heard twice, with the same ids.</summary>
    public const int MostSources = 1_000;

    /// <summary>How many events made this state.</summary>
    public long Seq { get; init; }

    public DateTimeOffset Now { get; init; }

    public Outlet Above { get; init; } = new(Layer.Above);

    public Outlet Own { get; init; } = new(Layer.Own);

    public ImmutableArray<Lane> Lanes { get; init; } = Lane.All;

    /// <summary>In the order in which they ended.</summary>
    public ImmutableArray<Letter> Finished { get; init; } = [];

    /// <summary>Letters made so far.</summary>
    public long Made { get; init; }

    /// <summary>Up to which number the alerts of each source were taken, the one heard last at the end.</summary>
    public ImmutableArray<Heard> Sources { get; init; } = [];

    /// <summary>What the agent called itself last; null: it has told nothing yet.</summary>
    public string? Name { get; init; }

    /// <summary>Addresses that the agent's own alerts named last.</summary>
    public ImmutableArray<string> Escalations { get; init; } = [];

    [JsonIgnore]
    public ImmutableArray<Outlet> Outlets => [Above, Own];

    public Outlet this[Layer layer] => layer == Layer.Above ? Above : Own;

    [JsonIgnore]
    public IEnumerable<Letter> Waiting => Lanes.SelectMany(l => l.Waiting);

    public long UpTo(AgentId source) => Sources.FirstOrDefault(h => h.Source == source)?.UpTo ?? 0;
}

/// <summary>Where the alerts of one layer go.</summary>
public sealed record Outlet(Layer Layer)
{
    public string? Url { get; init; }

    /// <summary>The newest first, two at most.</summary>
    public ImmutableArray<Signing> Secrets { get; init; } = [];

    public string? Email { get; init; }

    /// <summary>Null: the usual ones.</summary>
    public AlertKinds? Events { get; init; }

    /// <summary>Why nothing is posted any more; null: it is.</summary>
    public string? Disabled { get; init; }

    /// <summary>The first failure since the webhook last worked, or was set; null: it works.</summary>
    public DateTimeOffset? FailingSince { get; init; }

    public bool CanPost => Url is not null && Disabled is null;

    /// <summary>Who named no events hears of a window's end only if the budget has a reason to tell, which is that the agent was blocked.</summary>
    public bool Wants(AlertKinds kind) => Events is { } named ? (named & kind) != 0 : ((Alert.Usual | AlertKinds.PeriodReset) & kind) != 0;
}

public sealed record Heard(AgentId Source, long UpTo);

public abstract record DeliveryEvent(DateTimeOffset At);

/// <summary>Where the alerts of a layer go from now on, whole.</summary>
/// <param name="IsWebhookSet">The webhook was named, changed or not: it is tried again.</param>
public sealed record ChannelsSet(
    DateTimeOffset At, string By, Layer Layer, string? Url, ImmutableArray<Signing> Secrets, string? Email, AlertKinds? Events, bool IsWebhookSet) : DeliveryEvent(At);

public sealed record SecretRotated(DateTimeOffset At, string By, Layer Layer, ImmutableArray<Signing> Secrets) : DeliveryEvent(At);

/// <summary>Letters were made of alerts. Those that cannot be sent have failed already.</summary>
/// <param name="Source">Null: the grain's own alert.</param>
/// <param name="UpTo">The highest number taken from the source.</param>
/// <param name="Name">What the agent's own alerts call it; null: nothing new.</param>
/// <param name="Escalations">Addresses that the agent's own alerts name; null: nothing new.</param>
public sealed record LettersMade(
    DateTimeOffset At, AgentId? Source, long UpTo, ImmutableArray<Letter> Letters, ImmutableArray<NoRoom> Dropped, string? Name, ImmutableArray<string>? Escalations)
    : DeliveryEvent(At);

/// <summary>A receiver was tried, and this came of it.</summary>
/// <param name="NextTryAt">Null: it was the last time.</param>
public sealed record LetterTried(
    DateTimeOffset At, string Letter, Carried Carried, int? Status, string? Reason, DateTimeOffset? NextTryAt) : DeliveryEvent(At);

/// <summary>Nothing is posted there any more; what waits has failed.</summary>
/// <param name="Letters">Who is told.</param>
public sealed record WebhookDisabled(
    DateTimeOffset At, Layer Layer, string Reason, ImmutableArray<Letter> Letters, ImmutableArray<NoRoom> Dropped) : DeliveryEvent(At);

/// <summary>A letter goes out again, or at once.</summary>
public sealed record LetterReplayed(DateTimeOffset At, string Letter) : DeliveryEvent(At);

/// <summary>Letters of one lane that were not made, for it is full.</summary>
public sealed record NoRoom(Channel Channel, Layer Layer, bool IsEscalation, int Letters);
