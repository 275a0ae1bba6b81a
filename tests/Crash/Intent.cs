using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;

namespace Budgets.Tests.Crash;

/// <summary>A client's name for one effect: the client's number and a count.</summary>
internal readonly record struct EffectKey(ulong Value)
{
    public static EffectKey Parse(string text) => new(ulong.Parse(text.AsSpan(1), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));

    public override string ToString() => $"k{Value:x16}";
}

/// <summary>What one key did: "charge", "hold", "settle" or "release" of so many nano-dollars.</summary>
/// <param name="ExpiresAt">Only of holds.</param>
internal sealed record Effect(EffectKey Key, string Kind, long Nanos, string Id, DateTimeOffset? ExpiresAt = null);

/// <param name="Done">Null: it was refused.</param>
internal readonly record struct Part(EffectKey Key, Effect? Done, bool Replayed);

internal sealed record OpenHold(string Id, long Nanos, DateTimeOffset ExpiresAt);

/// <summary>A request as its client keeps it until it has an answer, to send it again byte for byte.</summary>
/// <param name="Keys">One, or one for each charge of a batch; a batch has them in the body.</param>
internal sealed record Intent(Purse Purse, string Kind, string Path, string Body, ImmutableArray<EffectKey> Keys, OpenHold? Hold = null)
{
    public bool IsBatch => Kind == "batch";

    public Task<Answer> Send(Rest rest) => rest.Post(Path, Purse.ApiKey, Body, Header);

    public Task<Answer> SendUntilAnswered(Rest rest) => rest.PostUntilAnswered(Path, Purse.ApiKey, Body, Header);

    /// <summary>What an answer says of each key; null: it is not an answer that this request may get.</summary>
    public ImmutableArray<Part>? Read(Answer answer) => answer.Status switch
    {
        200 when IsBatch => [.. answer.Body.GetProperty("results").EnumerateArray().Select((r, i) => Result(Keys[i], r))],
        200 when Kind is "settle" or "release" => [new Part(Keys[0], Done(Keys[0], answer.Body), answer.Replayed)],
        201 when Kind is "charge" or "hold" => [new Part(Keys[0], Done(Keys[0], answer.Body), answer.Replayed)],
        402 when Kind is "charge" or "hold" && Purse.IsTight => [new Part(Keys[0], null, false)],
        410 when Kind == "release" => [new Part(Keys[0], null, false)],
        _ => null,
    };

    private string? Header => IsBatch ? null : Keys[0].ToString();

    private static Part Result(EffectKey key, JsonElement result) => result.GetProperty("status").GetInt32() == 201
        ? new Part(key, new Effect(key, "charge", Nanos(result, "charged"), result.GetProperty("charge_id").GetString()!), result.GetProperty("replayed").GetBoolean())
        : new Part(key, null, false);

    private Effect Done(EffectKey key, JsonElement body) => Kind switch
    {
        "charge" => new(key, Kind, Nanos(body, "charged"), body.GetProperty("charge_id").GetString()!),
        "hold" => new(key, Kind, Nanos(body, "amount"), Reservation(body), body.GetProperty("expires_at").GetDateTimeOffset()),
        "settle" => new(key, Kind, Nanos(body, "charged"), Reservation(body)),
        _ => new(key, Kind, Nanos(body, "released"), Reservation(body)),
    };

    private static string Reservation(JsonElement body) => body.GetProperty("reservation_id").GetString()!;

    public static long Nanos(JsonElement json, string member) => (long)(json.GetProperty(member).GetDecimal() * 1_000_000_000m);

    public static string Dollars(long nanos) => (nanos / 1_000_000_000m).ToString("0.#########", CultureInfo.InvariantCulture);
}
