using System.Text;
using System.Text.Json;

namespace Budgets.ApiHost.Gateway;

/// <summary>One text to be embedded, of a call that says nothing that its provider would have to know it alone for.</summary>
/// <param name="Input">As it was written, with its quotes.</param>
/// <param name="Options">The other members of the call, as they were written.</param>
/// <param name="Weight">Bytes of the text itself.</param>
internal sealed record LoneText(string Input, string Options, int Weight)
{
    /// <summary>Longer ones are work enough for a call.</summary>
    private const int Longest = 8_192;

    private static readonly string[] s_options = ["model", "dimensions", "encoding_format"];

    /// <summary>Null: it goes alone.</summary>
    public static LoneText? Of(Asking asking)
    {
        var text = asking.Text;
        if (asking.Route.Kind != CallKind.Embeddings || text.Bytes.Length > Longest)
        {
            return null;
        }

        using var document = JsonDocument.Parse(text.Bytes);
        var (input, options) = ((string?)null, new StringBuilder());
        var weight = 0;
        foreach (var member in document.RootElement.EnumerateObject())
        {
            if (member.Name == "input")
            {
                var lone = member.Value is { ValueKind: JsonValueKind.Array } list && list.GetArrayLength() == 1 ? list[0] : member.Value;
                weight = lone.ValueKind == JsonValueKind.String ? Encoding.UTF8.GetByteCount(lone.GetString()!) : 0;
                input = lone.GetRawText();
            }
            else if (!s_options.Contains(member.Name))
            {
                return null;
            }
        }

        foreach (var name in s_options)
        {
            if (document.RootElement.TryGetProperty(name, out var option))
            {
                options.Append(",\"").Append(name).Append("\":").Append(option.GetRawText());
            }
        }

        return input is null || weight == 0 ? null : new LoneText(input, options.ToString(), weight);
    }

    public static byte[] Together(IEnumerable<LoneText> texts, string options) =>
        Encoding.UTF8.GetBytes($$"""{"input":[{{string.Join(',', texts.Select(t => t.Input))}}]{{options}}}""");
}
