using Budgets.ApiHost.Auth;
using Budgets.ApiHost.Http;

namespace Budgets.ApiHost.OpenApi;

/// <summary>An answer of a route that is not a problem.</summary>
internal sealed record Answer(int Status, Type? Shape, string Text, string MediaType = Sheet.Json);

/// <summary>A query parameter; all are optional.</summary>
/// <param name="Shape">Its JSON type: string, integer …</param>
internal sealed record Asked(string Name, Type Shape, string Text);

/// <summary>What a route says about itself in the contract; endpoint metadata that <see cref="Contract"/> turns into OpenAPI.</summary>
/// <param name="Id">The operation's id, camelCase, unique.</param>
internal sealed record Described(string Id, string Tag, string Summary)
{
    public string? Text { get; init; }

    public Type? Body { get; init; }

    public bool BodyIsOptional { get; init; }

    public Answer[] Answers { get; init; } = [];

    /// <summary>Problems beyond those that every route of its access has.</summary>
    public ProblemKind[] Problems { get; init; } = [];

    public Asked[] Query { get; init; } = [];

    public bool TakesIdempotencyKey { get; init; }

    /// <summary>Null: anybody may, without a key.</summary>
    public Access? Access { get; init; }

    /// <summary>Null: problems are problem+json.</summary>
    public IAccent? Accent { get; init; }

    public string Path { get; init; } = "";

    public Described WithPath(string path) => this with { Path = path };

    /// <summary>The same on the caller's own agent.</summary>
    public Described ForOwn() => this with { Id = Id + "OfOwnAgent", Summary = Summary + " (own agent)" };
}
