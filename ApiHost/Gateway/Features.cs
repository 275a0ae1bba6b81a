using System.Collections.Frozen;
using System.Text.Json;
using Budgets.ApiHost.Http;

namespace Budgets.ApiHost.Gateway;

/// <summary>What a call may not ask for: things that cost apart and that no price here is for would be spent beside the budget.</summary>
internal static class Features
{
    /// <summary>Members that say where a call goes, under whose name, or to which other models. They are left out of what is forwarded.</summary>
    public static readonly FrozenSet<string> NotPassed = FrozenSet.Create(
        StringComparer.Ordinal,
        "api_base", "api_key", "api_type", "api_version", "azure_endpoint", "base_url", "custom_llm_provider", "extra_body", "extra_headers", "extra_query", "fallbacks", "host",
        "litellm_params", "model_list", "models", "organization", "project", "provider", "route");

    private static readonly string[] s_dear = ["audio", "web_search_options", "mcp_servers", "container", "inference_geo"];

    private static readonly string[] s_searching = ["-search", "deep-research"];

    /// <summary>The problem with the first such thing; null: all it asks for is priced.</summary>
    public static Problem? Unpriced(ModelRoute route, JsonText text)
    {
        if (text.String("model") is { } model && Searches(model))
        {
            return Of("model", "searches by itself, and is charged for that apart");
        }

        if (text.HasAudio)
        {
            return Of("messages", "has audio, which costs apart");
        }

        foreach (var name in s_dear)
        {
            if (text.Element(name) is not null)
            {
                return Of(name, "costs apart, or brings in what is not in the request");
            }
        }

        if (text.Tools.Find(t => !route.Dialect.IsCallersTool(t)) is { } tool)
        {
            return Of("tools", $"has '{tool[..Math.Min(64, tool.Length)]}', which the provider runs and charges for apart");
        }

        return text.Element("modalities") is { ValueKind: JsonValueKind.Array } modalities && modalities.EnumerateArray().Any(m => m.ValueKind != JsonValueKind.String || m.GetString() != "text")
                ? Of("modalities", "may only be text")
            : text.Element("prompt") is { ValueKind: JsonValueKind.Object } ? Of("prompt", "names a stored one, which may bring in anything")
            : text.Element("background") is { ValueKind: JsonValueKind.True } ? Of("background", "must be false: what is answered later could not be settled")
            : text.Element("service_tier") is { } tier && (tier.ValueKind != JsonValueKind.String || tier.GetString() is not ("auto" or "default" or "flex" or "standard_only"))
                ? Of("service_tier", "must be auto, default, flex or standard_only")
            : text.Element("speed") is { } speed && (speed.ValueKind != JsonValueKind.String || speed.GetString() != "standard") ? Of("speed", "must be standard")
            : text.Element("context_management") is { } management && management.GetRawText().Contains("compact", StringComparison.Ordinal)
                ? Of("context_management", "must not compact, which takes calls of its own")
            : null;
    }

    /// <summary>Models that search by themselves, whatever a call says.</summary>
    public static bool Searches(string model) => Array.Exists(s_searching, s => model.Contains(s, StringComparison.OrdinalIgnoreCase));

    private static Problem Of(string field, string message) =>
        new(ProblemKind.UnpricedFeature, $"{field} {message}. There is no price for it here, so it would be spent beside the budget.", [new Fault(field, message)]);
}
