using System.ComponentModel;
using System.Text.Json.Serialization;
using Budgets.ApiHost.Http;

namespace Budgets.ApiHost.Endpoints;

internal sealed record ChildBody : IBody
{
    public string? ChildName { get; set; }

    public Money? MonthlyBudget { get; set; }

    public Money? DailyBudget { get; set; }

    public Money? WeeklyBudget { get; set; }

    [Description("For the child's whole life.")]
    public Money? TotalBudget { get; set; }

    [Description("block (default): over its budget the child is refused. alert: it goes on with warnings; the limits above it still bind.")]
    public OverrunPolicy? BudgetOverrunPolicy { get; set; }

    [Description("Of the child's first key; default those of the key that asks, and never wider.")]
    public string[]? Scopes { get; set; }

    [Description("When the child closes by itself; never later than its parent.")]
    public DateTimeOffset? ExpiresAt { get; set; }

    public void Check(Faults faults)
    {
        faults.Text("child_name", ChildName, AgentBody.MaxNameLength, required: true);
        faults.Money("monthly_budget", MonthlyBudget, Money.MaxLimit);
        faults.Money("daily_budget", DailyBudget, Money.MaxLimit);
        faults.Money("weekly_budget", WeeklyBudget, Money.MaxLimit);
        faults.Money("total_budget", TotalBudget, Money.MaxLimit);
        ScopeNames.Check(faults, Scopes);
    }

    public ChildTerms ToTerms() =>
        new(ChildName!, BudgetOverrunPolicy ?? OverrunPolicy.Block, DailyBudget, WeeklyBudget, MonthlyBudget, TotalBudget, ExpiresAt);
}

/// <summary>A change of what a child may spend: a budget that is left out stays, null removes it.</summary>
internal sealed record PatchChildBody : IBody
{
    public Change<Money?> MonthlyBudget { get; set; }

    public Change<Money?> DailyBudget { get; set; }

    public Change<Money?> WeeklyBudget { get; set; }

    public Change<Money?> TotalBudget { get; set; }

    public OverrunPolicy? BudgetOverrunPolicy { get; set; }

    public void Check(Faults faults)
    {
        var isChange = MonthlyBudget.IsSet || DailyBudget.IsSet || WeeklyBudget.IsSet || TotalBudget.IsSet || BudgetOverrunPolicy is not null;
        faults.AddIf(!isChange, "", "the body must have a budget or budget_overrun_policy");
        faults.Money("monthly_budget", MonthlyBudget.Value, Money.MaxLimit);
        faults.Money("daily_budget", DailyBudget.Value, Money.MaxLimit);
        faults.Money("weekly_budget", WeeklyBudget.Value, Money.MaxLimit);
        faults.Money("total_budget", TotalBudget.Value, Money.MaxLimit);
    }

    public AmendRequest ToAgreement(AgentId child, string by) => new(child, by, BudgetOverrunPolicy, DailyBudget, WeeklyBudget, MonthlyBudget, TotalBudget);

    public ConfigureRequest ToRequest(string by) => new(
        Layer.Above, by, OnlyTighten: false, Daily: DailyBudget, Weekly: WeeklyBudget, Monthly: MonthlyBudget, Total: TotalBudget,
        HardStop: BudgetOverrunPolicy is { } policy ? policy == OverrunPolicy.Block : null);
}

internal sealed record FamilyBody : IBody
{
    [Description("Whether the children's budgets may add up to more than the agent's own (default true; its own limits bind all of them anyway).")]
    public bool? AllowOvercommit { get; set; }

    public void Check(Faults faults) => faults.AddIf(AllowOvercommit is null, "allow_overcommit", "is required");
}

internal sealed record MoveBody : IBody
{
    public string? ParentId { get; set; }

    public void Check(Faults faults) => faults.AddIf(!AgentId.IsWellFormed(ParentId), "parent_id", "must be an agent id");
}

/// <param name="ApiKey">Shown here and never again.</param>
/// <param name="ExpiresAt">When the child closes by itself; null: never.</param>
internal sealed record CreatedChildAnswer(
    string ChildId,
    string ChildName,
    string ApiKey,
    string KeyId,
    string ParentId,
    IReadOnlyList<string> Scopes,
    Money? MonthlyBudget,
    Money? DailyBudget,
    Money? WeeklyBudget,
    Money? TotalBudget,
    OverrunPolicy BudgetOverrunPolicy,
    DateTimeOffset? ExpiresAt);

/// <param name="Budget">The first there is of its monthly, total, weekly and daily budget; null: none.</param>
/// <param name="Spent">In the window of that budget, by the child and all below it; without a budget in this month.</param>
/// <param name="Held">Set aside in that window.</param>
/// <param name="Children">As deep as was asked for.</param>
internal sealed record ChildAnswer(
    string ChildId,
    string Name,
    Money? Budget,
    Money Spent,
    Money Held,
    Money? MonthlyBudget,
    Money? DailyBudget,
    Money? WeeklyBudget,
    Money? TotalBudget,
    OverrunPolicy BudgetOverrunPolicy,
    AgentStatus Status,
    DateTimeOffset? ExpiresAt,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<ChildAnswer>? Children = null)
{
    public static ChildAnswer Of(BudgetView b, IReadOnlyList<ChildAnswer>? children = null)
    {
        LimitType[] inOrder = [LimitType.Monthly, LimitType.Total, LimitType.Weekly, LimitType.Daily];
        var first = inOrder.FirstOrDefault(type => b.Above[type] is not null, LimitType.Monthly);
        var window = b.Balances.First(balance => balance.Type == first);
        return new(
            b.Agent.Value,
            b.Name,
            b.Above[first],
            window.Spent,
            window.Held,
            b.Above.Monthly,
            b.Above.Daily,
            b.Above.Weekly,
            b.Above.Total,
            b.Above.HardStop ? OverrunPolicy.Block : OverrunPolicy.Alert,
            AgentAnswer.StatusOf(b),
            b.EndsAt,
            children);
    }
}

/// <param name="TotalBudget">Of the direct children that have a budget.</param>
/// <param name="TotalSpent">By the direct children and all below them, each in the window of its budget.</param>
/// <param name="AllowOvercommit">Whether the children's budgets may add up to more than the agent's own.</param>
/// <param name="Truncated">True: there were too many agents to list all of them; some levels are left out.</param>
internal sealed record FamilyAnswer(IReadOnlyList<ChildAnswer> Children, Money TotalBudget, Money TotalSpent, bool AllowOvercommit, bool Truncated);
