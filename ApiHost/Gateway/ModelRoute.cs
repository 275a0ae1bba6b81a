using System.Collections.Immutable;

namespace Budgets.ApiHost.Gateway;

internal enum CallKind
{
    Chat = 0,
    Responses,
    Messages,
    Embeddings,
    Images,
}

/// <summary>One of our routes that is a provider's too, and what its requests call the things that cost.</summary>
/// <param name="OutputMembers">What bounds the output; the first is set where a bound must be.</param>
internal sealed record ModelRoute(string Path, Dialect Dialect, CallKind Kind, ImmutableArray<string> OutputMembers)
{
    public static readonly ModelRoute Chat = new("/v1/chat/completions", Dialect.OpenAi, CallKind.Chat, ["max_completion_tokens", "max_tokens"]);
    public static readonly ModelRoute Responses = new("/v1/responses", Dialect.OpenAi, CallKind.Responses, ["max_output_tokens"]);
    public static readonly ModelRoute Embeddings = new("/v1/embeddings", Dialect.OpenAi, CallKind.Embeddings, []);
    public static readonly ModelRoute Images = new("/v1/images/generations", Dialect.OpenAi, CallKind.Images, []);
    public static readonly ModelRoute Messages = new("/v1/messages", Dialect.Anthropic, CallKind.Messages, ["max_tokens"]);
    public static readonly ModelRoute CountTokens = new("/v1/messages/count_tokens", Dialect.Anthropic, CallKind.Messages, []);

    /// <summary>True: the operator may have a model chosen for it.</summary>
    public bool MayBeRouted => Kind is CallKind.Chat or CallKind.Responses or CallKind.Messages && !OutputMembers.IsEmpty;

    /// <summary>For the ledger: what the money was for.</summary>
    public string Operation => Path["/v1/".Length..];
}
