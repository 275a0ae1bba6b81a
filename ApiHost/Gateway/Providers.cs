using System.Collections.Frozen;

namespace Budgets.ApiHost.Gateway;

/// <summary>Those that calls may be forwarded to: what the operator has set, and nothing that a caller could say.</summary>
/// <remarks>Settings <c>Budgets:Gateway:Providers:{name}:BaseUrl|ApiKey|Dialect</c> (environment: <c>Budgets__Gateway__Providers__openai__ApiKey</c>).</remarks>
internal sealed class Providers(IEnumerable<Provider> providers)
{
    /// <summary>Our routes begin with it, and so do those that a base URL stands for.</summary>
    public const string Version = "/v1";

    public const string Section = "Budgets:Gateway:Providers";
    private const int Most = 16;
    private const int LongestKey = 512;

    private static readonly FrozenDictionary<string, string> s_known = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase)
    {
        [OpenAiDialect.Home] = "https://api.openai.com/v1",
        [AnthropicDialect.Home] = "https://api.anthropic.com/v1",
    }.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    private readonly FrozenDictionary<string, Provider> _byName = providers.ToFrozenDictionary(p => p.Name, StringComparer.OrdinalIgnoreCase);

    /// <summary>Whoever serves a model in a dialect; null: nobody here.</summary>
    /// <param name="maker">Whose model it is, as the catalogue has it; null: it does not know, and then it goes where the dialect is at home.</param>
    public Provider? For(Dialect dialect, string? maker) =>
        _byName.GetValueOrDefault(maker ?? dialect.HomeProvider) is { } provider && provider.Dialect == dialect ? provider : null;

    /// <param name="faults">Where everything that is wrong is told, without the keys.</param>
    public static Providers Read(IConfiguration configuration, ICollection<string>? faults = null)
    {
        var sections = configuration.GetSection(Section).GetChildren().ToList();
        var read = new List<Provider>();
        foreach (var section in sections)
        {
            var found = Faults(section).ToList();
            if (found.Count == 0)
            {
                read.Add(new Provider(section.Key, DialectOf(section)!, BaseUrl(section)!.TrimEnd('/'), section["ApiKey"]!));
            }

            found.ForEach(f => faults?.Add(f));
        }

        if (sections.Count > Most)
        {
            faults?.Add($"{Section} names {sections.Count} providers; there may be {Most}.");
        }

        return new Providers(read);
    }

    private static IEnumerable<string> Faults(IConfigurationSection section)
    {
        if (section.Key.Length > 64 || section.Key.Any(c => !char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_')))
        {
            yield return $"{section.Path}: a provider is named as in the price catalogue, with letters, digits and dashes.";
        }

        foreach (var unknown in section.Unknown("BaseUrl", "ApiKey", "Dialect"))
        {
            yield return unknown;
        }

        if (DialectOf(section) is null)
        {
            yield return $"{section.Path}:Dialect must be {OpenAiDialect.Home} or {AnthropicDialect.Home}.";
        }

        // The value is a secret, so the message does not repeat it.
        if (section["ApiKey"] is not { Length: > 0 and <= LongestKey } key || key.AsSpan().ContainsAnyExceptInRange('!', '~'))
        {
            yield return $"{section.Path}:ApiKey must be set: 1 to {LongestKey} visible ASCII characters.";
        }

        if (BaseUrl(section) is not { } text)
        {
            yield return $"{section.Path}:BaseUrl must be set; only those of {string.Join(" and ", s_known.Keys.Order(StringComparer.Ordinal))} are known.";
        }
        else if (!Uri.TryCreate(text, UriKind.Absolute, out var url) || url.Scheme is not ("https" or "http"))
        {
            yield return $"{section.Path}:BaseUrl must be a URL such as https://api.openai.com/v1.";
        }
        else if (url.UserInfo.Length > 0 || url.Query.Length > 0 || url.Fragment.Length > 0)
        {
            yield return $"{section.Path}:BaseUrl must have neither user, query nor fragment.";
        }
        else if (url.Scheme != "https" && !url.IsLoopback)
        {
            yield return $"{section.Path}:BaseUrl must begin with https://: the key is sent there.";
        }
    }

    private static string? BaseUrl(IConfigurationSection section) => section["BaseUrl"] is { Length: > 0 } told ? told : s_known.GetValueOrDefault(section.Key);

    /// <summary>Everybody but Anthropic offers OpenAI's.</summary>
    private static Dialect? DialectOf(IConfigurationSection section) => (section["Dialect"] ?? (section.Key.Equals(AnthropicDialect.Home, StringComparison.OrdinalIgnoreCase) ? AnthropicDialect.Home : OpenAiDialect.Home)).ToLowerInvariant() switch
    {
        OpenAiDialect.Home => Dialect.OpenAi,
        AnthropicDialect.Home => Dialect.Anthropic,
        _ => null,
    };
}
