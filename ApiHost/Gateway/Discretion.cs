using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Budgets.ApiHost.Gateway;

/// <summary>What a provider's error tells of the operator's account is not for callers to know.</summary>
internal static partial class Discretion
{
    /// <summary>OpenAI's word for an account with nothing left, which waiting does not mend.</summary>
    public const string OutOfMoney = "insufficient_quota";

    private const string Hidden = "[hidden]";

    public static byte[] Hide(byte[] body, Provider provider)
    {
        var text = Encoding.UTF8.GetString(body);
        var hidden = Account().Replace(text.Replace(provider.Key, Hidden, StringComparison.Ordinal), Hidden);
        return hidden.Length == text.Length && hidden == text ? body : Encoding.UTF8.GetBytes(hidden);
    }

    /// <summary>Whether it is the provider itself that says so, and not something on the way.</summary>
    public static bool IsProvidersError(byte[] body) => CodeOfError(body) is not null;

    /// <summary>What the provider calls its error, "" if it has no name for it; null: it is not the provider's.</summary>
    public static string? CodeOfError(byte[] body)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            return document.RootElement.Member("error") is { } error ? error.Text("code") ?? error.Text("type") ?? "" : null;
        }
        catch (JsonException)
        {
            return null;
        }
        catch (InvalidOperationException)
        {
            // The name is no text.
            return "";
        }
    }

    [GeneratedRegex(@"\b(?:sk|org|proj|acct|workspace|wrkspc)[-_][\w*.-]{4,}")]
    private static partial Regex Account();
}
