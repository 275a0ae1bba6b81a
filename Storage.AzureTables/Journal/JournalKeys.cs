using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Budgets.Storage.AzureTables.Journal;

/// <summary>Where things are: one partition for each journal, in it the header, the filing runs, the rows (newest first) and the snapshot.</summary>
/// <remarks>These keys are stored: changing one needs a migration.</remarks>
internal static class JournalKeys
{
    public const string Header = "$header";

    /// <summary>Below the 1,024 characters that a key may have.</summary>
    private const int LongestName = 400;

    public static string Partition(string journal)
    {
        var key = TableKeys.Escape(journal);
        return key.Length <= LongestName
            ? key
            : $"{key[..LongestName]}!!{Convert.ToHexString(SHA256.HashData(Encoding.Unicode.GetBytes(journal)))}";
    }

    /// <summary>Tables are read forwards only, and what is asked for is nearly always the newest: so the newest row has the lowest key.</summary>
    public static string Row(long firstSeq, int part) => string.Create(CultureInfo.InvariantCulture, $"{RowsFrom(firstSeq)}.{part:D3}");

    /// <summary>Before the row that begins at a seq, and after all that begin later.</summary>
    public static string RowsFrom(long firstSeq) => string.Create(CultureInfo.InvariantCulture, $"r{long.MaxValue - firstSeq:D19}");

    public const string RowsEnd = "s";

    public static string Run(long lastSeq) => string.Create(CultureInfo.InvariantCulture, $"k{lastSeq:D19}");

    public const string RunsBegin = "k";
    public const string RunsEnd = "l";

    /// <summary>Snapshots are written before the append that makes them valid: two writers must not touch each other's.</summary>
    public static string Snapshot(long seq, string batch, int part) => string.Create(CultureInfo.InvariantCulture, $"{SnapshotPrefix(seq, batch)}.{part:D3}");

    public static string SnapshotPrefix(long seq, string batch) => string.Create(CultureInfo.InvariantCulture, $"s{seq:D19}.{batch}");

    public const string SnapshotsBegin = "s";
    public const string SnapshotsEnd = "t";
}
