using System.Collections.Immutable;
using Budgets.ApiHost.Http;
using Microsoft.Extensions.Primitives;

namespace Budgets.ApiHost.Gateway;

/// <summary>What a call is for, as its headers say, which an SDK can send with every call. They are not passed on.</summary>
/// <param name="Operation">Null: the route's.</param>
/// <param name="Complexity">How hard the task is, as it was told; read only where a model is to be chosen by it.</param>
internal sealed record CallPurpose(string? Operation, ImmutableArray<string> Tags, ApprovalId? Approval, string? Complexity = null)
{
    /// <summary>Of a call that does not say.</summary>
    public static readonly CallPurpose Unsaid = new(null, [], null);

    /// <returns>A problem that names every header that cannot be.</returns>
    public static (CallPurpose? Purpose, Problem? Problem) Read(IHeaderDictionary headers)
    {
        var faults = new Faults();
        var operation = One(headers, Headers.Operation, faults);
        faults.Text(Headers.Operation, operation, Purpose.MaxOperationLength);
        var approval = One(headers, Headers.Approval, faults);
        faults.AddIf(approval is not null && !ApprovalId.IsWellFormed(approval), Headers.Approval, "must be the id of an approval");
        var tags = Listed(headers[Headers.Tags]);
        faults.AddIf(tags.Length > Purpose.MaxTags, Headers.Tags, $"must be {Purpose.MaxTags} at most, with commas between them");
        foreach (var tag in tags)
        {
            faults.Text(Headers.Tags, tag, Purpose.MaxTagLength);
        }

        var complexity = headers[Headers.Complexity];
        return faults.Any ? (null, Problem.Invalid(faults))
            : (new CallPurpose(operation, tags, approval is null ? null : new ApprovalId(approval), complexity.Count == 0 ? null : complexity.ToString()), null);
    }

    private static string? One(IHeaderDictionary headers, string name, Faults faults)
    {
        var values = headers[name];
        faults.AddIf(values.Count > 1, name, "must be there once");
        return values.Count == 0 ? null : values[0] ?? "";
    }

    // Several headers of a name are one list, and empty places in it are nothing (RFC 9110, sections 5.3 and 5.6.1).
    private static ImmutableArray<string> Listed(StringValues values) =>
        values.Count == 0 ? [] : [.. values.SelectMany(v => (v ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))];
}
