using System.Collections.Immutable;

namespace Budgets;

/// <summary>Names one request for approval: "apr_", the 20 characters of the agent's id, "_", and its number in that budget's life, from 1.</summary>
/// <remarks>No secret: who may see or decide it is asked of the key, or of the mail's token.</remarks>
[GenerateSerializer, Immutable, Alias("Budgets.ApprovalId")]
public readonly record struct ApprovalId([property: Id(0)] string Value)
{
    public const string Prefix = "apr_";

    private const int AgentLength = 20;
    private const int MostDigits = 15;

    /// <summary>Whose request it is; nobody's, where it is malformed.</summary>
    public AgentId Agent => !IsWellFormed(Value) ? default : new(string.Concat(AgentId.Prefix, Value.AsSpan(Prefix.Length, AgentLength)));

    public static ApprovalId Of(AgentId agent, long number) => new(FormattableString.Invariant($"{Prefix}{agent.Value[AgentId.Prefix.Length..]}_{number}"));

    public static bool IsWellFormed(string? text)
    {
        const int start = 4 + AgentLength + 1;
        return text is { Length: > start and <= start + MostDigits } && text[start - 1] == '_' && IdText.IsWellFormed(text[..(start - 1)], Prefix)
            && !text.AsSpan(start).ContainsAnyExceptInRange('0', '9') && text[start] != '0';
    }

    public override string ToString() => Value;
}

/// <summary>How soon a person should look. It orders the inbox, and shortens the time until a reminder.</summary>
public enum Urgency
{
    Low = 0,
    Medium,
    High,
    Critical,
}

/// <summary>What is asked for.</summary>
public enum ApprovalKind
{
    /// <summary>One spend for one operation.</summary>
    Operation = 0,

    /// <summary>More room under one of the agent's limits, for a while.</summary>
    LimitIncrease,
}

public enum ApprovalStatus
{
    Pending = 0,

    /// <summary>Permitted, and not used yet; of a limit increase: in force.</summary>
    Approved,

    Denied,

    /// <summary>Nobody decided in time, or the permission was not used in time.</summary>
    Expired,

    /// <summary>Taken back: the request by who asked, or the permission by who may decide.</summary>
    Cancelled,

    Used,
}

/// <summary>One request for approval, and what came of it while it is open.</summary>
/// <param name="Operation">What the spend must name to use it.</param>
/// <param name="Cost">What it is thought to cost; of a limit increase: by how much.</param>
/// <param name="Limit">The limit to be raised; null: no limit increase.</param>
/// <param name="AskedBy">"agent:spend" or "agent:manage".</param>
/// <param name="ExpiresAt">When it ends if nobody decides.</param>
/// <param name="Times">How often the same was asked while it waited, up to <see cref="MostTimes"/>.</param>
/// <param name="Reminded">How often those who decide were reminded.</param>
/// <param name="Permission">Null: nobody has decided.</param>
[GenerateSerializer, Immutable, Alias("Budgets.Approval")]
public sealed record Approval(
    ApprovalId Id,
    string Operation,
    Money Cost,
    string Justification,
    Urgency Urgency,
    ApprovalKind Kind,
    LimitType? Limit,
    DateTimeOffset AskedAt,
    string AskedBy,
    DateTimeOffset ExpiresAt,
    int Times = 1,
    int Reminded = 0,
    Permission? Permission = null)
{
    /// <summary>At or under this a request is approved by itself, where the budget names no threshold.</summary>
    public static readonly Money UsualThreshold = Money.FromDollars(10);

    /// <summary>Requests of one agent that wait at once.</summary>
    public const int MostPending = 20;

    /// <summary>Permissions of one agent that people gave and nobody has used yet.</summary>
    public const int MostPermitted = 50;

    /// <summary>The same that were given without a person. One more takes the place of the oldest: nobody needs them to spend what is at or under the threshold.</summary>
    public const int MostAutomatic = 20;

    /// <summary>New requests of one agent for people to look at, in an hour.</summary>
    public const int MostInAnHour = 10;

    public const int MostTimes = 100;

    public const int MostReminders = 3;

    public const int MaxJustificationLength = 2_000;

    public const int MaxNoteLength = 1_000;

    public const int DefaultExpiresInSeconds = 86_400;

    /// <summary>Of a request, and of a permission: 30 days.</summary>
    public const int MaxSeconds = 2_592_000;

    public bool IsPending => Permission is null;
}

/// <summary>A yes: for one spend of the operation, or for a raise.</summary>
/// <param name="Most">At most the cost that was asked for.</param>
/// <param name="MayPassLimit">It may pass the limits of the agent's own budget on windows and calls; never an ancestor's, and never the per-minute breaker.</param>
[GenerateSerializer, Immutable, Alias("Budgets.Permission")]
public sealed record Permission(Money Most, DateTimeOffset ValidUntil, bool MayPassLimit, Verdict Verdict);

/// <summary>Who decided, when, through what, and what he said.</summary>
/// <param name="By">"operator", "parent:manage", "mail:" and an address, "approval_threshold".</param>
/// <param name="Through">"rest", "mail", "threshold".</param>
/// <param name="Note">Of a denial: its reason.</param>
/// <param name="Decider">The agent whose key it was; null: no agent's.</param>
[GenerateSerializer, Immutable, Alias("Budgets.Verdict")]
public sealed record Verdict(DateTimeOffset At, string By, string Through, string? Note = null, AgentId? Decider = null);

/// <summary>An agent asks.</summary>
[GenerateSerializer, Immutable, Alias("Budgets.ApprovalAsk")]
public sealed record ApprovalAsk(
    string By, string Operation, Money Cost, string Justification, Urgency Urgency = Urgency.Medium, int ExpiresInSeconds = Approval.DefaultExpiresInSeconds,
    ApprovalKind Kind = ApprovalKind.Operation, LimitType? Limit = null);

/// <summary>What somebody who may decide, or who asked, wants to become of a request.</summary>
public enum Ruling
{
    Approve = 0,
    Deny,

    /// <summary>Takes back the request, or the permission that was not used yet.</summary>
    Cancel,
}

/// <param name="Amount">Of an approval: at most the cost; null: the cost.</param>
/// <param name="ValidForSeconds">Null: a day; of a limit increase: until its window ends, or for a day where it never does.</param>
/// <param name="Decider">The agent whose key it was; null: no agent's.</param>
[GenerateSerializer, Immutable, Alias("Budgets.RulingRequest")]
public sealed record RulingRequest(
    ApprovalId Id, Ruling Ruling, string By, string Through, string? Note = null, Money? Amount = null, int? ValidForSeconds = null, bool MayPassLimit = false, AgentId? Decider = null);

/// <summary>How asking for approval, or deciding about it, ended. The first that applies is the answer; docs/outcomes.md lists the same words.</summary>
public enum ApprovalResult
{
    Done = 0,

    /// <summary>The same is asked already, and waits: it was counted.</summary>
    AskedBefore,

    AgentUnknown,
    AgentClosed,

    /// <summary>The agent never asked that.</summary>
    ApprovalUnknown,

    /// <summary>Somebody decided before, or it has expired: the answer has what became of it.</summary>
    AlreadyDecided,

    /// <summary>An approval gives what was asked for, or less.</summary>
    MoreThanAsked,

    /// <summary>The agent has no such limit.</summary>
    NothingToRaise,

    TooManyOpen,
    AskedTooOften,
}

/// <param name="RetryAt">When the agent may ask again; null: not by waiting.</param>
[GenerateSerializer, Immutable, Alias("Budgets.ApprovalOutcome")]
public sealed record ApprovalOutcome(ApprovalResult Result, ApprovalView? View, DateTimeOffset? RetryAt = null);

/// <summary>A request for approval as it stands.</summary>
/// <param name="Verdict">Null: it waits, or nobody decided before it expired.</param>
/// <param name="UsedBy">The reservation or charge that used it.</param>
[GenerateSerializer, Immutable, Alias("Budgets.ApprovalView")]
public sealed record ApprovalView(AgentId Agent, string AgentName, Approval Approval, ApprovalStatus Status, Verdict? Verdict = null, string? UsedBy = null);

/// <summary>What an alert says of a request for approval.</summary>
/// <param name="Deciders">Addresses, named from above, whose mails may have a link to decide with.</param>
[GenerateSerializer, Immutable, Alias("Budgets.ApprovalNotice")]
public sealed record ApprovalNotice(Approval Approval, ApprovalStatus Status, Verdict? Verdict, ImmutableArray<string> Deciders);

/// <summary>Where all who wait for one request, and all who decide it, meet; the grain's key is the <see cref="ApprovalId"/>. What it is, is in its agent's budget.</summary>
/// <remarks>Throws what <see cref="IBudgetGrain"/> throws.</remarks>
[Alias("Budgets.IApprovalGrain")]
public interface IApprovalGrain : IGrainWithStringKey
{
    /// <summary>Null: the agent never asked that.</summary>
    [Alias("Get"), AnyGateway]
    Task<ApprovalView?> Get();

    /// <summary>The same once it is no longer pending, or as it is after <see cref="LongestWait"/>.</summary>
    [Alias("Wait"), AnyGateway]
    Task<ApprovalView?> Wait();

    [Alias("Rule"), AnyGateway]
    Task<ApprovalOutcome> Rule(RulingRequest request);

    /// <summary>Of one call: well below the time after which a call between silos is given up.</summary>
    public static readonly TimeSpan LongestWait = TimeSpan.FromMilliseconds(1_500);
}

/// <summary>Opens the links in mails. Anybody may bring a token; one that is not ours touches nothing but this. A stateless worker, key 0.</summary>
/// <remarks>Throws what <see cref="IBudgetGrain"/> throws.</remarks>
[Alias("Budgets.ILinkGrain")]
public interface ILinkGrain : IGrainWithIntegerKey
{
    /// <summary>What a link is about. Null: the token is none of ours, or has expired.</summary>
    [Alias("Show"), AnyGateway]
    Task<TokenView?> Show(string token);

    /// <summary>Decides as whoever the token was mailed to. Null: as above.</summary>
    [Alias("Redeem"), AnyGateway]
    Task<ApprovalOutcome?> Redeem(string token, Ruling ruling, string? note);
}

/// <param name="Mailbox">Whom the token was mailed to.</param>
[GenerateSerializer, Immutable, Alias("Budgets.TokenView")]
public sealed record TokenView(ApprovalView View, string Mailbox, LimitStanding? Standing);

/// <summary>A part of the list of agents that may have requests waiting; the grain's key is from 0 to <see cref="Parts"/> − 1.</summary>
[Alias("Budgets.IInboxGrain")]
public interface IInboxGrain : IGrainWithIntegerKey
{
    public const int Parts = 16;

    /// <summary>Agents in one part at most.</summary>
    public const int Most = 2_000;

    /// <summary>Durable when it returns. An agent that has nothing waiting after all does no harm.</summary>
    /// <exception cref="OverloadedException">There is no room.</exception>
    [Alias("Note"), AnyGateway]
    Task Note(AgentId agent);

    /// <summary>In the order in which they were noted.</summary>
    [Alias("Agents"), AnyGateway]
    Task<ImmutableArray<AgentId>> Agents();

    /// <summary>Forgets agents that had nothing waiting when they were asked. One that was noted just now stays.</summary>
    [Alias("Forget"), AnyGateway]
    Task Forget(ImmutableArray<AgentId> agents);
}
