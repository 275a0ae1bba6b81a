using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Azure.Data.Tables;
using Orleans.Runtime;

namespace Budgets.Storage.AzureTables.GrainState;

/// <summary>A grain's state as a row, in the layout of Orleans' own provider: the payload as bytes in Data, Data1, … Data14.</summary>
/// <remarks>
/// <para>Keys and columns are stored: changing one needs a migration. Three columns are ours, and Orleans' provider reads past them: GrainId and StateName tell
/// whose row it is, for two may have one key; Write names the write that made the row, and is the proof that it landed when its answer is lost.</para>
/// <para>A row without payload is a state that was cleared, and means the same as no row. Text in StringData… is read, too.</para>
/// </remarks>
internal static class StateRow
{
    /// <summary>What a property may have.</summary>
    private const int BytesPerProperty = 64 * 1024;

    private const int MostProperties = 15;

    /// <summary>960 KiB: it leaves room for keys and columns in the 1 MiB that a row may have.</summary>
    public const int MostBytes = BytesPerProperty * MostProperties;

    public static (string Partition, string Row) Key(string serviceId, GrainId grain, string state) => (TableKeys.Sanitize($"{serviceId}_{grain}"), TableKeys.Sanitize(state));

    /// <exception cref="ArgumentOutOfRangeException">The payload is larger than <see cref="MostBytes"/>.</exception>
    public static TableEntity Write(string serviceId, GrainId grain, string state, ReadOnlySpan<byte> payload)
    {
        if (payload.Length > MostBytes)
        {
            throw new ArgumentOutOfRangeException(
                nameof(payload), payload.Length, $"The state '{state}' of grain '{grain}' has {payload.Length} bytes; a row of a table takes {MostBytes}.");
        }

        var row = Cleared(serviceId, grain, state);
        for (var i = 0; i * BytesPerProperty < payload.Length; i++)
        {
            row[Property("Data", i)] = payload[(i * BytesPerProperty)..Math.Min(payload.Length, (i + 1) * BytesPerProperty)].ToArray();
        }

        return row;
    }

    /// <summary>A row of a state that is no more.</summary>
    public static TableEntity Cleared(string serviceId, GrainId grain, string state)
    {
        var (partition, key) = Key(serviceId, grain, state);
        return new TableEntity(partition, key)
        {
            ["GrainId"] = grain.ToString(),
            ["StateName"] = state,
            ["Write"] = RandomNumberGenerator.GetHexString(32, lowercase: true),
        };
    }

    /// <returns>Null: the state was cleared.</returns>
    public static BinaryData? Payload(TableEntity row)
    {
        using var bytes = new MemoryStream();
        var text = new StringBuilder();
        for (var i = 0; i < MostProperties; i++)
        {
            bytes.Write(row.TryGetValue(Property("Data", i), out var data) ? data as byte[] : null);
            text.Append(row.TryGetValue(Property("StringData", i), out var chunk) ? chunk as string : null);
        }

        return bytes.Length > 0 ? new BinaryData(bytes.ToArray())
            : text.Length > 0 ? new BinaryData(text.ToString())
            : null;
    }

    /// <summary>Whether one write made both: no two have the same name.</summary>
    public static bool AreOneWrite(TableEntity a, TableEntity b) => a.GetString("Write") is { } write && write == b.GetString("Write");

    /// <summary>Rows that Orleans' provider has written do not say.</summary>
    public static bool IsAnothers(TableEntity row, GrainId grain, string state) =>
        row.GetString("GrainId") is { } owner && owner != grain.ToString() || row.GetString("StateName") is { } name && name != state;

    private static string Property(string name, int i) => i == 0 ? name : name + i.ToString(CultureInfo.InvariantCulture);
}
