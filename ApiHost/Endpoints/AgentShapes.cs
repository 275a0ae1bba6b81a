using System.Collections.Immutable;
using System.ComponentModel;
using System.Text.Json.Serialization;
using Budgets.ApiHost.Http;

namespace Budgets.ApiHost.Endpoints;

internal sealed record AgentBody : IBody
{
    public const int MaxNameLength = 128;

    public string? Name { get; set; }

    [Description("IANA name; default UTC.")]
    public string? TimeZone { get; set; }

    [Description("Default monday.")]
    public IsoDayOfWeek? WeekStart { get; set; }

    [Description("Of the agent's first key: manage, spend; default both.")]
    public string[]? Scopes { get; set; }

    public BudgetBody? Budget { get; set; }

    public void Check(Faults faults)
    {
        faults.Text("name", Name, MaxNameLength, required: true);
        Zones.Check(faults, TimeZone);
        ScopeNames.Check(faults, Scopes);
        faults.Within = ("budget", null);
        Budget?.Check(faults);
        faults.AddIf(TimeZone is not null && Budget?.TimeZone is not null && TimeZone != Budget.TimeZone, "time_zone", "differs from the agent's");
        faults.AddIf(WeekStart is not null && Budget?.WeekStart is not null && WeekStart != Budget.WeekStart, "week_start", "differs from the agent's");
        faults.Within = null;
    }

    public OpenRequest ToRequest(string by) => new(
        Name!,
        by,
        TimeZone ?? Budget?.TimeZone ?? "UTC",
        WeekStart ?? Budget?.WeekStart ?? IsoDayOfWeek.Monday,
        Parent: null,
        Budget?.ToRequest(Layer.Above, by, onlyTighten: false));
}

internal sealed record PatchAgentBody : IBody
{
    public const int MaxMetadata = 32;
    public const int MaxMetadataKeyLength = 64;
    public const int MaxMetadataValueLength = 512;

    public string? Name { get; set; }

    public string? TimeZone { get; set; }

    public IsoDayOfWeek? WeekStart { get; set; }

    [Description("Replaces all metadata; at most 32 texts.")]
    public Dictionary<string, string>? Metadata { get; set; }

    public bool ChangesWindows => TimeZone is not null || WeekStart is not null;

    public bool ChangesDescription => Name is not null || Metadata is not null;

    public void Check(Faults faults)
    {
        faults.AddIf(!ChangesWindows && !ChangesDescription, "", "the body must have name, time_zone, week_start or metadata");
        faults.Text("name", Name, AgentBody.MaxNameLength);
        Zones.Check(faults, TimeZone);
        faults.AddIf(Metadata?.Count > MaxMetadata, "metadata", $"must have {MaxMetadata} members at most");
        foreach (var (key, value) in Metadata ?? [])
        {
            faults.Text("metadata", key, MaxMetadataKeyLength);
            faults.Text($"metadata.{key}", value, MaxMetadataValueLength, required: true);
        }
    }

    public DescribeRequest ToDescription(string by) => new(by, Name, Metadata?.ToImmutableSortedDictionary(StringComparer.Ordinal));
}

internal enum AgentStatus
{
    Active = 0,
    Frozen,
    Closed,
}

internal sealed record CreatedAgentAnswer(string AgentId, string Name, string ApiKey, IReadOnlyList<string> Scopes, string KeyId);

/// <param name="ResumesAt">When it ends by itself; null: when somebody ends it.</param>
internal sealed record FreezeAnswer(string Reason, string By, DateTimeOffset Since, DateTimeOffset? ResumesAt);

/// <param name="Scopes">Of the key that asks; only in GET /v1/agents/me.</param>
internal sealed record AgentAnswer(
    string AgentId,
    string Name,
    string? ParentId,
    AgentStatus Status,
    FreezeAnswer? Freeze,
    DateTimeOffset CreatedAt,
    string TimeZone,
    IsoDayOfWeek WeekStart,
    IReadOnlyDictionary<string, string> Metadata,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<string>? Scopes = null)
{
    public static AgentAnswer Of(BudgetView b, Scopes? scopes = null) => new(
        b.Agent.Value,
        b.Name,
        b.Parent?.Value,
        StatusOf(b),
        b.Freeze is { } f ? new FreezeAnswer(f.Reason, f.By, f.Since, f.ResumesAt) : null,
        b.CreatedAt,
        b.TimeZone,
        b.WeekStart,
        b.Metadata,
        scopes is { } s ? ScopeNames.Of(s) : null);

    public static AgentStatus StatusOf(BudgetView b) => b.Closed ? AgentStatus.Closed : b.Freeze is null ? AgentStatus.Active : AgentStatus.Frozen;
}

internal sealed record AgentLine(string AgentId, string Name, string? ParentId, DateTimeOffset CreatedAt, bool Closed);

internal sealed record AgentListAnswer(IReadOnlyList<AgentLine> Data, string? NextCursor, bool HasMore);

/// <summary>Scopes as the contract spells them.</summary>
internal static class ScopeNames
{
    public const string Form = "must be a list of manage, spend or both";

    private static readonly string[] All = ["manage", "spend"];

    public static void Check(Faults faults, string[]? scopes) => faults.AddIf(
        scopes is not null && (scopes.Length == 0 || scopes.Distinct().Count() != scopes.Length || scopes.Any(s => s is not ("manage" or "spend"))),
        "scopes",
        Form);

    /// <param name="scopes">Checked.</param>
    public static Scopes Read(string[] scopes) => scopes.Aggregate(Scopes.None, (all, s) => all | (s == "manage" ? Scopes.Manage : Scopes.Spend));

    public static string[] Of(Scopes scopes) => [.. All.Where(s => scopes.HasFlag(Read([s])))];
}
