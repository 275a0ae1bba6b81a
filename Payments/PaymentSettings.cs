using Microsoft.Extensions.Configuration;

namespace Budgets.Payments;

/// <summary>The Stripe account that is paid into: section "Stripe".</summary>
/// <param name="ApiKey">A secret.</param>
/// <param name="WebhookSecret">A secret: what Stripe signs its news with.</param>
/// <param name="BaseUrl">Where Stripe answers.</param>
public sealed record PaymentSettings(string ApiKey, string WebhookSecret, Uri BaseUrl)
{
    public const string Section = "Stripe";

    public static readonly Uri Stripe = new("https://api.stripe.com");

    /// <param name="faults">All that is missing or wrong is added here, each with the setting that mends it. None repeats a secret.</param>
    /// <returns>Null: no money is taken, payments are simulated; or there were faults.</returns>
    public static PaymentSettings? Read(IConfiguration configuration, ICollection<string> faults)
    {
        var section = configuration.GetSection(Section);
        var (key, secret, url) = (Value(section["ApiKey"]), Value(section["WebhookSecret"]), Value(section["BaseUrl"]));
        if ((key, secret, url) is (null, null, null))
        {
            return null;
        }

        var before = faults.Count;
        if (key is null)
        {
            faults.Add("Stripe:ApiKey must be set. To have payments simulated, leave out all of Stripe.");
        }
        else if (!IsToken(key, "sk_") && !IsToken(key, "rk_"))
        {
            faults.Add("Stripe:ApiKey is not a secret key: it begins with sk_ or rk_, and has no blanks. A publishable key (pk_) can take no money.");
        }

        if (secret is null)
        {
            faults.Add("Stripe:WebhookSecret must be set with Stripe:ApiKey: without it, anybody could post news of payments. Stripe shows it with the webhook's endpoint.");
        }
        else if (!IsToken(secret, "whsec_"))
        {
            faults.Add("Stripe:WebhookSecret is not one: it begins with whsec_, and has no blanks.");
        }

        var address = url is null ? Stripe : Address(url);
        if (address is null)
        {
            faults.Add($"Stripe:BaseUrl '{url}' must be an https address without path, query or user, such as {Stripe.OriginalString}; http is for this machine only. Leave it out for Stripe's own.");
        }

        return faults.Count == before ? new PaymentSettings(key!, secret!, address!) : null;
    }

    // Settings are logged now and then; these have secrets in them.
    public override string ToString() => $"Stripe at {BaseUrl.GetLeftPart(UriPartial.Authority)}";

    private static string? Value(string? text) => string.IsNullOrEmpty(text) ? null : text;

    private static bool IsToken(string text, string prefix) =>
        text.Length > prefix.Length && text.StartsWith(prefix, StringComparison.Ordinal) && !text.AsSpan().ContainsAnyExceptInRange('!', '~');

    private static Uri? Address(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var uri) && (uri.Scheme == Uri.UriSchemeHttps || (uri.Scheme == Uri.UriSchemeHttp && uri.IsLoopback))
        && uri is { PathAndQuery: "/", UserInfo: "", Fragment: "" }
            ? uri
            : null;
}
