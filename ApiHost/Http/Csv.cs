using System.Buffers;
using System.Text;

namespace Budgets.ApiHost.Http;

/// <summary>Answers as CSV (RFC 4180) for whoever asks with Accept: text/csv.</summary>
internal static class Csv
{
    public const string MediaType = "text/csv";

    // What makes a spreadsheet take a text for a formula (OWASP, CSV injection).
    private static readonly SearchValues<char> FormulaStarts = SearchValues.Create("=+-@\t\r");

    private static readonly SearchValues<char> NeedQuotes = SearchValues.Create(",\"\r\n");

    public static bool IsAsked(HttpContext http) =>
        http.Request.Headers.Accept.Any(a => a?.Contains(MediaType, StringComparison.OrdinalIgnoreCase) == true);

    public static bool IsSent(HttpContext http) =>
        Microsoft.Net.Http.Headers.MediaTypeHeaderValue.TryParse(http.Request.ContentType, out var type)
        && type.MediaType.Equals(MediaType, StringComparison.OrdinalIgnoreCase)
        && (!type.Charset.HasValue || type.Charset.Equals("utf-8", StringComparison.OrdinalIgnoreCase));

    public static void Announce(HttpResponse response, string file)
    {
        response.ContentType = MediaType + "; charset=utf-8; header=present";
        response.Headers.ContentDisposition = $"attachment; filename=\"{file}\"";
        response.Headers.XContentTypeOptions = "nosniff";
    }

    /// <summary>A text that came from outside. One that a spreadsheet would run as a formula gets an apostrophe before it.</summary>
    public static StringBuilder Cell(StringBuilder text, string? cell)
    {
        if (string.IsNullOrEmpty(cell))
        {
            return text;
        }

        var safe = FormulaStarts.Contains(cell[0]) ? "'" + cell : cell;
        return safe.AsSpan().ContainsAny(NeedQuotes)
            ? text.Append('"').Append(safe.Replace("\"", "\"\"", StringComparison.Ordinal)).Append('"')
            : text.Append(safe);
    }
}
