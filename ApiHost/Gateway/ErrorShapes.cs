using System.Text.Json.Serialization;
using Budgets.ApiHost.Endpoints;

namespace Budgets.ApiHost.Gateway;

/// <summary>An error as OpenAI's SDKs read it. Errors of a provider are passed on as they are and may have other members.</summary>
internal sealed record OpenAiErrorAnswer(OpenAiError Error);

/// <param name="Code">One of ours: docs/outcomes.md.</param>
/// <param name="Param">The field at fault.</param>
/// <param name="Affordable">Of a refusal for want of money: what the rest would pay for.</param>
/// <param name="Refusal">Of a refusal: what the same refusal is elsewhere.</param>
internal sealed record OpenAiError(
    string Message,
    string Type,
    string Code,
    string? Param,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? IdempotencyKey,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<AffordableAnswer>? Affordable,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] RefusalAnswer? Refusal);

/// <summary>An error as Anthropic's SDKs read it.</summary>
internal sealed record AnthropicErrorAnswer(string Type, OpenAiError Error, string? RequestId);
