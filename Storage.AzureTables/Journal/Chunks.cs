using System.Globalization;
using System.Text;
using Azure.Data.Tables;

namespace Budgets.Storage.AzureTables.Journal;

/// <summary>Long texts and bytes cut to what a property and an entity may hold: 64 KiB and 1 MiB, text counted as UTF-16.</summary>
/// <remarks>Events and states are kept as text, so that any table explorer shows them.</remarks>
internal static class Chunks
{
    private const int CharsPerProperty = 32_000;
    private const int BytesPerProperty = 64_000;
    private const int PropertiesPerEntity = 9;

    /// <summary>Half of an entity: the other half is for filings and whatever else the first part carries.</summary>
    public const int CharsPerEntity = CharsPerProperty * PropertiesPerEntity;

    /// <summary>Cuts UTF-8 into texts that fit an entity each; at least one.</summary>
    public static List<string> Entities(ReadOnlySpan<byte> utf8) => Cut(Encoding.UTF8.GetString(utf8), CharsPerEntity);

    public static void AddText(this TableEntity entity, string name, string text)
    {
        foreach (var (i, chunk) in Cut(text, CharsPerProperty).Index())
        {
            entity[Property(name, i)] = chunk;
        }
    }

    public static void AddBytes(this TableEntity entity, string name, ReadOnlySpan<byte> bytes)
    {
        for (var i = 0; i == 0 || i * BytesPerProperty < bytes.Length; i++)
        {
            entity[Property(name, i)] = bytes[(i * BytesPerProperty)..Math.Min(bytes.Length, (i + 1) * BytesPerProperty)].ToArray();
        }
    }

    public static byte[] Text(IEnumerable<TableEntity> entities, string name)
    {
        var text = new StringBuilder();
        foreach (var entity in entities)
        {
            for (var i = 0; entity.TryGetValue(Property(name, i), out var chunk); i++)
            {
                text.Append((string)chunk);
            }
        }

        return Encoding.UTF8.GetBytes(text.ToString());
    }

    public static byte[] Bytes(TableEntity entity, string name)
    {
        using var bytes = new MemoryStream();
        for (var i = 0; entity.GetBinary(Property(name, i)) is { } chunk; i++)
        {
            bytes.Write(chunk);
        }

        return bytes.ToArray();
    }

    private static string Property(string name, int i) => i == 0 ? name : name + i.ToString(CultureInfo.InvariantCulture);

    private static List<string> Cut(string text, int most)
    {
        var cut = new List<string>();
        var at = 0;
        do
        {
            var length = Math.Min(most, text.Length - at);

            // Half of a character would not survive its way through UTF-8.
            length -= at + length < text.Length && char.IsHighSurrogate(text[at + length - 1]) ? 1 : 0;
            cut.Add(text.Substring(at, length));
            at += length;
        }
        while (at < text.Length);
        return cut;
    }
}
