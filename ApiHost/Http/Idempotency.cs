using Microsoft.Extensions.Primitives;

namespace Budgets.ApiHost.Http;

/// <summary>The caller's name for one effect, from the Idempotency-Key header or the body; both may be given if they agree.</summary>
/// <remarks>Source: draft-ietf-httpapi-idempotency-key-header. The header is a structured-field string; a bare value is taken as well.</remarks>
internal static class Idempotency
{
    public const string Header = "Idempotency-Key";

    /// <param name="inBody">Well-formed, or null.</param>
    /// <returns>No key when none was given; a problem when what was given cannot be one.</returns>
    public static (IdempotencyKey? Key, Problem? Problem) Of(HttpContext http, string? inBody)
    {
        var header = http.Request.Headers[Header];
        if (header.Count == 0)
        {
            return (inBody is null ? null : new IdempotencyKey(inBody), null);
        }

        var key = header.Count == 1 ? Unquoted(header[0]!) : null;
        return !IdempotencyKey.IsWellFormed(key) ? (null, Problem.Invalid(Header, IdempotencyKey.Form))
            : inBody is not null && inBody != key ? (null, Problem.Invalid(Header, "differs from idempotency_key in the body"))
            : (new IdempotencyKey(key!), null);
    }

    public static bool IsGiven(HttpContext http) => !StringValues.IsNullOrEmpty(http.Request.Headers[Header]);

    /// <summary>Null: it starts like a structured-field string and is none (RFC 9651 section 3.3.3).</summary>
    private static string? Unquoted(string value)
    {
        if (!value.StartsWith('"'))
        {
            return value;
        }

        if (value.Length < 2 || value[^1] != '"')
        {
            return null;
        }

        var inner = value.AsSpan(1, value.Length - 2);
        if (!inner.ContainsAny('"', '\\'))
        {
            return inner.ToString();
        }

        var text = new System.Text.StringBuilder(inner.Length);
        for (var i = 0; i < inner.Length; i++)
        {
            if (inner[i] == '"' || (inner[i] == '\\' && (++i == inner.Length || inner[i] is not ('"' or '\\'))))
            {
                return null;
            }

            text.Append(inner[i]);
        }

        return text.ToString();
    }
}
