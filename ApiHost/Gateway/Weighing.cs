using System.Text.Json;

namespace Budgets.ApiHost.Gateway;

/// <summary>"Long, with tools, pictures or a form to keep to: the more of it, the harder." For callers who do not say how hard their task is.</summary>
/// <remarks>
/// A point each for more than 2,000 bytes of text, tools, pictures, and a schema for the answer; two for more than 16,000 bytes, and for thinking that is asked for.
/// None is simple, three and more are complex. It is a guess that knows nothing of what is asked; who knows better says so.
/// </remarks>
internal static class Weighing
{
    private const int Long = 2_000;
    private const int VeryLong = 16_000;

    public static Complexity Of(Asking asking) => Points(asking) switch
    {
        0 => Complexity.Simple,
        < 3 => Complexity.Medium,
        _ => Complexity.Complex,
    };

    private static int Points(Asking asking)
    {
        var text = asking.Text;
        var length = text.Bytes.Length - text.PictureBytes;
        return (length > VeryLong ? 2 : length > Long ? 1 : 0)
            + (text.Tools.Count > 0 ? 1 : 0)
            + (text.Pictures > 0 ? 1 : 0)
            + (Doubting.FormOf(text) == "json_schema" ? 1 : 0)
            + (Thinks(text) ? 2 : 0);
    }

    private static bool Thinks(JsonText text) =>
        text.Element("thinking")?.Text("type") is not (null or "disabled")
        || (text.String("reasoning_effort") ?? text.Element("reasoning")?.Text("effort")) is "medium" or "high" or "xhigh";
}
