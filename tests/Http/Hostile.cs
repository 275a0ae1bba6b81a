using System.Text;
using CsCheck;

namespace Budgets.Tests.Http;

/// <summary>Generators of what nobody should send: members of the contract with values out of their range, and plain rubbish.</summary>
internal static class Hostile
{
    private static readonly string[] Members =
    [
        "amount", "usage", "model", "operation", "tags", "idempotency_key", "ttl_seconds", "extend_seconds", "mode", "occurred_at", "charges", "daily_limit",
        "weekly_limit", "total_limit", "per_call_limit", "max_spend_per_minute", "resume_after_seconds", "hard_stop", "alert_at_80_percent", "escalation_email",
        "time_zone", "week_start", "name", "scopes", "budget", "metadata", "reason", "expires_at", "label", "approval_id", "limit", "input_tokens", "parent", "role", "balance",
        "on_unknown_price", "input_per_million", "output_per_million", "cache_write_1h_per_million", "per_image", "tiers", "above_input_tokens", "batch_discount", "input_includes_cache", "provider",
        "effective_from", "effective_until", "cache_read_tokens", "cache_write_1h_tokens", "reasoning_tokens", "images", "requests", "task_complexity", "batch",
    ];

    private static readonly Gen<string> Number = Gen.OneOf(
        "0", "1", "0.01", "-0", "-1", "-0.000000001", "0.0000000001", "1e-9", "1e-10", "1e9", "1e400", "-1e400", "1E+2147483648", "1000000", "1000000.000000001", "1e18",
        "9223372036854775807", "9223372036854775808", "123456789012345678901234567890", "0.123456789012345678901234567890", "NaN", "Infinity", "-Infinity", "0x10", "01", "1.", ".5", "+1", "1_000");

    private static readonly Gen<string> String = Gen.OneOf(
        "\"\"", "\"x\"", "\"1\"", "\"UTC\"", "\"Mars/Phobos\"", "\"record\"", "\"2026-03-04T00:00:00Z\"", "\"0001-01-01T00:00:00+14:00\"", "\"9999-12-31T23:59:59-14:00\"", "\"2026-02-30T00:00:00Z\"",
        "\"\\u0000\"", "\"\\ud800\"", "\"'; DROP TABLE events; --\"", "\"{{7*7}}\"", "\"../../etc/passwd\"", "\"a@b\\r\\nBcc: c@d\"", "\"\u202e\u0301\"", $"\"{new string('x', 300)}\"", $"\"{new string('y', 70_000)}\"");

    private static readonly Gen<string> Leaf = Gen.Frequency((3, Number), (3, String), (1, Gen.OneOf("true", "false", "null", "[]", "{}", "[null]", "[1,\"a\"]", "", "undefined")));

    /// <summary>Any text, for ids in paths.</summary>
    public static readonly Gen<string> Text = Gen.OneOf(
        Gen.OneOf("me", "x", "agent_", "agent_00000000000000000000", "res_zzzzzzzzzzzzzzzzzzzz", "%00", "a b", "\u0000", "\ud83d\ude00", "..", new string('z', 2000)), Gen.String[1, 40]);

    public static readonly Gen<string> HeaderValue = Gen.Frequency(
        (3, Gen.Const("k1")), (3, Gen.OneOf("\"", "\"\\\"", "a b", new string('k', 256), new string('k', 9000), "text/csv", "text/csv;q=x,,,", "gzip", "\u00e9", "bytes=0-")), (1, Gen.String[Gen.Char[' ', '~'], 1, 60]));

    public static readonly Gen<string> QueryString = Gen.Frequency((6, Gen.Const("")), (2, Gen.Select(
        Gen.OneOf("limit", "cursor", "from", "until", "kind", "model", "tag", "period", "parent", "query", "provider", "name", "x"),
        Gen.OneOf(Leaf, Gen.OneOf("today", "MQ", "LTE", "99999999999999999999", "%ff%fe", "%"))).Select((n, v) => $"?{n}={(v.StartsWith('%') ? v : Uri.EscapeDataString(Whole(v)))}")));

    private static readonly Gen<string> Member = Gen.Select(Gen.OneOf(Members), Value(3)).Select((n, v) => $"\"{n}\":{v}");

    private static readonly Gen<string> Likely = Gen.Select(
        Gen.OneOf("{\"amount\":0.01}", "{\"amount\":1000000}", "{\"amount\":0.02,\"ttl_seconds\":60}", "{\"charges\":[{\"amount\":0.01}]}", "{\"extend_seconds\":5}", "{\"name\":\"n\"}", "{\"daily_limit\":900}", "{\"scopes\":[\"spend\"]}", "{\"model\":\"gpt-5\",\"usage\":{\"input_tokens\":1000,\"cache_read_tokens\":900}}", "{\"model\":\"gpt-9\",\"usage\":{\"output_tokens\":1}}",
        "{\"input_per_million\":1,\"output_per_million\":2}", "{\"input_per_million\":1,\"tiers\":[{\"above_input_tokens\":9,\"input_per_million\":2}]}", "{\"on_unknown_price\":{\"input_per_million\":1,\"output_per_million\":1}}", "{}"),
        Gen.Frequency((2, Gen.Const("")), (3, Member))).Select((good, more) => more.Length == 0 ? good : good == "{}" ? $"{{{more}}}" : $"{good[..^1]},{more}}}");

    public static readonly Gen<byte[]> Body = Gen.Frequency(
        (10, Likely.Select(Bytes)),
        (6, Member.Array[0, 6].Select(m => Bytes($"{{{string.Join(',', m)}}}"))),
        (2, Leaf.Select(Bytes)),
        (1, Gen.Int[15, 200_000].Select(depth => Bytes(new string('[', depth)))),
        (1, Gen.Int[15, 5_000].Select(depth => Bytes("{\"usage\":" + string.Concat(Enumerable.Repeat("{\"usage\":", depth)) + "1" + new string('}', depth + 1)))),
        (1, Gen.Byte.Array[0, 200]),
        (1, Likely.Select(l => Bytes(l).Select(b => b == 'n' ? (byte)0xff : b).ToArray())),
        (1, Gen.OneOf(1 << 20, (1 << 20) + 1, 10_000_000).Select(length => Bytes("{\"model\":\"" + new string('m', length) + "\"}"))));

    /// <summary>Nothing wrong with these, so that what surrounds them is tried on spending that goes through and on spending that is refused.</summary>
    public static readonly Gen<byte[]> Spending = Gen.OneOf("{\"amount\":0.01}", "{\"amount\":1000000}").Select(Bytes);

    public static Gen<string?> Key(string real) => Gen.OneOf<string?>(null, "", "abk_", "Bearer", real[..^1], real + real, real.ToLowerInvariant(), "abo_" + real[4..], new string('k', 8000), "\u00e9", "a b c");

    private static Gen<string> Value(int depth) => depth == 0 ? Leaf : Gen.Frequency(
        (6, Leaf),
        (1, Gen.Select(Gen.OneOf(Members), Value(depth - 1)).Select((n, v) => $"{{\"{n}\":{v}}}")),
        (1, Value(depth - 1).Array[0, 3].Select(v => $"[{string.Join(',', v)}]")));

    // Half a surrogate pair is no text that a URI could carry.
    private static string Whole(string text) => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text));

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);
}
