using Budgets.ApiHost.Http;

namespace Budgets.ApiHost.Gateway;

/// <summary>Problems on a route that both dialects have under the same path: Anthropic's SDKs say a version with every request, OpenAI's do not.</summary>
internal sealed class AskersDialect : IAccent
{
    /// <remarks>Anthropic's has more around the same.</remarks>
    public Type Shape => typeof(OpenAiErrorAnswer);

    public static bool IsAnthropics(HttpRequest request) => request.Headers.ContainsKey(AnthropicDialect.VersionHeader);

    public Task Send(HttpContext http, Problem problem) => (IsAnthropics(http.Request) ? Dialect.Anthropic : Dialect.OpenAi).Send(http, problem);
}
