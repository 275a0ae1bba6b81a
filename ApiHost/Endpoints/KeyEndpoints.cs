using System.ComponentModel;
using Budgets.ApiHost.Auth;
using Budgets.ApiHost.Http;
using Budgets.ApiHost.OpenApi;

namespace Budgets.ApiHost.Endpoints;

internal sealed record KeyBody : IBody
{
    public const int MaxLabelLength = 64;

    [Description("manage, spend or both; of a manage key, no scope that it lacks itself.")]
    public string[]? Scopes { get; set; }

    [Description("Left out: it does not expire. Of a manage key that expires, no later than itself.")]
    public DateTimeOffset? ExpiresAt { get; set; }

    public string? Label { get; set; }

    public void Check(Faults faults)
    {
        faults.AddIf(Scopes is null, "scopes", "is required");
        ScopeNames.Check(faults, Scopes);
        faults.Text("label", Label, MaxLabelLength);
    }
}

/// <param name="Hint">Prefix and last four characters of the key.</param>
internal sealed record KeyAnswer(
    string KeyId, string Hint, IReadOnlyList<string> Scopes, string? Label, DateTimeOffset CreatedAt, DateTimeOffset? ExpiresAt, DateTimeOffset? RevokedAt)
{
    public static KeyAnswer Of(KeyRecord k) => new(k.Id.Value, k.Hint, ScopeNames.Of(k.Scopes), k.Label, k.CreatedAt, k.ExpiresAt, k.RevokedAt);
}

/// <param name="ApiKey">Shown here and never again.</param>
internal sealed record NewKeyAnswer(
    string ApiKey, string KeyId, string Hint, IReadOnlyList<string> Scopes, string? Label, DateTimeOffset CreatedAt, DateTimeOffset? ExpiresAt)
{
    public static NewKeyAnswer Of(string key, KeyRecord k) => new(key, k.Id.Value, k.Hint, ScopeNames.Of(k.Scopes), k.Label, k.CreatedAt, k.ExpiresAt);
}

internal sealed record KeyListAnswer(IReadOnlyList<KeyAnswer> Data);

/// <summary>An agent's keys. Nobody mints a key wider than their own.</summary>
internal static class KeyEndpoints
{
    private static readonly Problem TooMany = new(ProblemKind.TooManyKeys, $"An agent has at most {IKeyRingGrain.MaxKeys} keys that are not revoked; revoke one first.");

    public static void Map(Routes routes)
    {
        routes.MapOwnAndAddressed("POST", "keys", Access.Manage, Mint, new("mintKey", "Keys", "Make a new key")
        {
            Body = typeof(KeyBody), Answers = [new(201, typeof(NewKeyAnswer), "Made.")],
            Problems = [ProblemKind.AgentClosed, ProblemKind.TooManyKeys, ProblemKind.Forbidden],
        });
        routes.MapOwnAndAddressed("GET", "keys", Access.Manage, List, new("listKeys", "Keys", "An agent's keys, newest first, revoked ones included")
        {
            Answers = [new(200, typeof(KeyListAnswer), "The keys, without the keys.")],
        });
        routes.MapOwnAndAddressed("DELETE", "keys/{key_id}", Access.Manage, Revoke, new("revokeKey", "Keys", "Revoke a key; works within five seconds on every host")
        {
            Answers = [new(200, typeof(KeyAnswer), "Revoked. Revoking twice is fine.")], Problems = [ProblemKind.NotFound],
        });
    }

    /// <summary>A new key and all that is kept of it.</summary>
    public static (string Key, KeyRecord Record) New(AgentId agent, Scopes scopes, string? label, DateTimeOffset? expiresAt, DateTimeOffset now)
    {
        var key = ApiKey.New(ApiKey.AgentPrefix);
        return (key, new KeyRecord(new KeyId(Base62.Random(KeyId.Prefix, 20)), agent, scopes, ApiKey.Hint(key), label, now, expiresAt, RevokedAt: null));
    }

    private static async Task Mint(Call call)
    {
        var (body, problem) = await Body.Read(call.Http, Wire.Default.KeyBody);
        if ((problem ?? Refused(call, body!) ?? await Missing(call)) is { } wrong)
        {
            await wrong.Send(call.Http);
            return;
        }

        var (key, record) = New(call.Agent, ScopeNames.Read(body!.Scopes!), body.Label, body.ExpiresAt, call.Edge.Now);
        if (!await call.Edge.Grains.GetGrain<IKeyRingGrain>(call.Agent.Value).Mint(ApiKey.Digest(key).ToHash(), record))
        {
            await TooMany.Send(call.Http);
            return;
        }

        call.Http.Response.Headers.CacheControl = "no-store";
        await Reply.Send(call.Http, 201, Wire.Default.NewKeyAnswer, NewKeyAnswer.Of(key, record));
    }

    private static Problem? Refused(Call call, KeyBody body) =>
        body.ExpiresAt <= call.Edge.Now ? Problem.Invalid("expires_at", "must be in the future")
        : call.Caller.Key is not { } own ? null
        : (ScopeNames.Read(body.Scopes!) & ~own.Scopes) != Scopes.None ? Wider("scopes", "asks for a scope that this key lacks")
        : own.ExpiresAt is { } end && !(body.ExpiresAt <= end) ? Wider("expires_at", "must not be later than this key's own expiry")
        : null;

    internal static Problem Wider(string field, string message) => new(ProblemKind.Forbidden, $"{field} {message}.", [new Fault(field, message)]);

    private static async Task<Problem?> Missing(Call call) => await call.Budget.GetBudget() switch
    {
        null => Problem.NotFound,
        { Closed: true } => new Problem(ProblemKind.AgentClosed, "The agent is closed; it gets no more keys."),
        _ => null,
    };

    private static async Task List(Call call)
    {
        var problem = new Query(call.Http).Problem ?? (await call.Budget.GetBudget() is null ? Problem.NotFound : null);
        if (problem is not null)
        {
            await problem.Send(call.Http);
            return;
        }

        var keys = await call.Edge.Grains.GetGrain<IKeyRingGrain>(call.Agent.Value).List();
        await Reply.Send(call.Http, 200, Wire.Default.KeyListAnswer, new KeyListAnswer([.. keys.Select(KeyAnswer.Of)]));
    }

    private static async Task Revoke(Call call)
    {
        var id = call.PathId("key_id");
        if (id is null || !KeyId.IsWellFormed(id) || await call.Edge.Grains.GetGrain<IKeyRingGrain>(call.Agent.Value).Revoke(new KeyId(id)) is not { } revoked)
        {
            await Problem.NotFound.Send(call.Http);
            return;
        }

        await call.Edge.Revocations.AskNow();
        await Reply.Send(call.Http, 200, Wire.Default.KeyAnswer, KeyAnswer.Of(revoked));
    }
}
