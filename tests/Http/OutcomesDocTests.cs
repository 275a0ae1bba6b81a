using System.Text.RegularExpressions;
using Budgets.ApiHost.Http;

namespace Budgets.Tests.Http;

/// <summary>docs/outcomes.md, the enums and the table of status codes say the same.</summary>
public sealed partial class OutcomesDocTests
{
    private static readonly Dictionary<MayRetry, string> Retries = new()
    {
        [MayRetry.No] = "no", [MayRetry.Later] = "later", [MayRetry.SameKey] = "same key",
    };

    private static readonly string[] Lines = File.ReadAllLines(Path.Combine(Root(), "docs", "outcomes.md"));

    [Fact]
    public void Spending_outcomes_are_documented_in_order_of_precedence() => Rows("Spending").Should().Equal(
        Enum.GetValues<Outcome>().Select(o => o == Outcome.Accepted ? "Accepted 201, 200  same key" : Row($"{o}", OutcomeTable.Of(o))));

    [Fact]
    public void Configuration_results_are_documented() => Rows("Configuring").Should().Equal(
        Enum.GetValues<ConfigureResult>().Select(r => r == ConfigureResult.Done ? "Done 200, 201  same key" : Row($"{r}", OutcomeTable.Of(r))));

    [Fact]
    public void Approval_results_are_documented() => Rows("Approvals").Should().Equal(Enum.GetValues<ApprovalResult>().Select(r => r switch
    {
        ApprovalResult.Done => "Done 201, 200  same key",
        ApprovalResult.AskedBefore => "AskedBefore 200  same key",
        _ => Row($"{r}", OutcomeTable.Of(r)),
    }));

    [Fact]
    public void All_problems_are_documented() =>
        Section("All problems").Select(c => $"{c[0]} {c[1]} {c[3]}").Should().BeEquivalentTo(ProblemKind.All.Select(p => $"{p.Code} {p.Status} {Retries[p.Retry]}"));

    [Fact]
    public void Codes_are_unique_and_every_refusal_has_one() => ProblemKind.All.Select(p => p.Code).Should().OnlyHaveUniqueItems();

    private static string Row(string name, ProblemKind kind) => $"{name} {kind.Status} {kind.Code} {Retries[kind.Retry]}";

    private static IEnumerable<string> Rows(string title) => Section(title).Select(c => $"{c[0]} {c[2]} {c[3]} {c[4]}");

    /// <summary>The cells of the section's table, without backticks.</summary>
    private static IEnumerable<string[]> Section(string title) =>
        Lines.SkipWhile(l => l != "## " + title).Skip(1).TakeWhile(l => !l.StartsWith("## ", StringComparison.Ordinal))
            .Where(l => RowStart().IsMatch(l))
            .Select(l => l.Trim('|').Split('|').Select(c => c.Trim().Trim('`')).ToArray());

    private static string Root()
    {
        var at = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(at!.FullName, "Budgets.Orleans.sln")))
        {
            at = at.Parent ?? new DirectoryInfo(Path.GetDirectoryName(ThisFile())!);
        }

        return at.FullName;
    }

    private static string ThisFile([System.Runtime.CompilerServices.CallerFilePath] string path = "") => path;

    [GeneratedRegex(@"^\| `\w+` \|")]
    private static partial Regex RowStart();
}
