namespace Budgets.ApiHost.Gateway;

/// <summary>What an answer says beside itself.</summary>
internal static class Headers
{
    /// <summary>Of a request: the approval that it uses.</summary>
    public const string Approval = "x-budget-approval";

    /// <summary>Of a request: how hard its task is.</summary>
    public const string Complexity = "x-task-complexity";

    public const string Route = "x-budget-route";
    public const string Model = "x-budget-model";

    private const string Tried = "x-budget-tried";

    /// <summary>Of a request: what the money is for.</summary>
    public const string Operation = "x-budget-operation";

    /// <summary>Of a request: tags, with commas between them.</summary>
    public const string Tags = "x-budget-tags";

    private const string Cost = "x-budget-cost";
    private const string Remaining = "x-budget-remaining";
    private const string Reservation = "x-budget-reservation";
    private const string MaxTokens = "x-budget-max-tokens";

    /// <summary>Headers of a provider that are passed on. Others tell of the operator's account, or of another hop.</summary>
    private static readonly string[] s_passed = ["content-type", "content-encoding", "request-id", "x-request-id", "retry-after", "retry-after-ms", "x-should-retry"];

    public static void Pass(HttpResponseMessage from, HttpResponse to)
    {
        foreach (var name in s_passed)
        {
            // As they came: nobody here has a use for what they mean. One that cannot be sent on must not cost the caller the answer.
            if (from.Headers.NonValidated.TryGetValues(name, out var values) || from.Content.Headers.NonValidated.TryGetValues(name, out values))
            {
                to.Headers[name] = values.Where(IsCarried).ToArray();
            }
        }

        to.Headers.XContentTypeOptions = "nosniff";
        to.Headers.CacheControl = "no-store";
    }

    /// <summary>Whether every header can carry it: printable ASCII (source: RFC 9110, section 5.5).</summary>
    public static bool IsCarried(string? value) => value is null || value.All(c => c is >= ' ' and <= '~');

    /// <summary>Why the model that is called now is.</summary>
    public static void TellRoute(HttpResponse to, Asking asking)
    {
        if (asking.Reason is { } reason)
        {
            to.Headers[Route] = reason;
        }
    }

    /// <summary>A model that was called and not good enough: why, and what it cost all the same. Its reservation is in the ledger.</summary>
    public static void TellTried(HttpResponse to, Tried tried) => to.Headers.Append(Tried, $"{Encoded(tried.Asking.Model)};{tried.Fault};{tried.Cost ?? Money.Zero}");

    /// <param name="latest">The newest word of the budget.</param>
    public static void Tell(HttpResponse to, Held held, Receipt latest, string model)
    {
        to.Headers[Reservation] = held.Id.Value;
        to.Headers[Model] = Encoded(model);
        if (held.OutputTokens is { } most)
        {
            to.Headers[MaxTokens] = most.ToString(System.Globalization.CultureInfo.InvariantCulture);
        }

        if (latest.Balances.Select(b => b.Remaining).Min() is { } remaining)
        {
            to.Headers[Remaining] = remaining.ToString();
        }
    }

    /// <summary>Of an answer that was not made for this call.</summary>
    public static void TellFree(HttpResponse to, string model) => (to.Headers[Cost], to.Headers[Model]) = (Money.Zero.ToString(), Encoded(model));

    public static void TellCost(HttpResponse to, Receipt settled) => to.Headers[Cost] = settled.Kind == EntryKind.Settle ? settled.Amount.ToString() : Money.Zero.ToString();

    /// <summary>A name that callers and providers give, percent-encoded where a header cannot carry it; <see cref="Uri.UnescapeDataString(string)"/> reads it either way.</summary>
    private static string Encoded(string name) => IsCarried(name) && !name.Contains('%') ? name : Uri.EscapeDataString(name);
}
