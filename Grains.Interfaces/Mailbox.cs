using System.Text.RegularExpressions;

namespace Budgets;

/// <summary>Where mail is sent: an address as browsers take it in a form (WHATWG HTML, "valid e-mail address"), no name beside it and no quotes.</summary>
public static partial class Mailbox
{
    private const int MaxLength = 254;

    /// <summary>What is wrong with an address; null: nothing. It completes the sentence "field …".</summary>
    public static string? FaultOf(string address) => Texts.FaultOf(address, MaxLength) ?? (Address().IsMatch(address) ? null : "must be an e-mail address");

    [GeneratedRegex(@"\A[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*\z", RegexOptions.CultureInvariant)]
    private static partial Regex Address();
}
