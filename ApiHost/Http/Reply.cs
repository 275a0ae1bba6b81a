using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Budgets.ApiHost.Http;

/// <summary>Answers that are written from their shape: everything that is not asked thousands of times a second.</summary>
internal static class Reply
{
    public static Task Send<T>(HttpContext http, int status, JsonTypeInfo<T> shape, T answer)
    {
        var sheet = Sheet.Take();
        JsonSerializer.Serialize(sheet.Writer, answer, shape);
        return sheet.Send(http, status);
    }
}
