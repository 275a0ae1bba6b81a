using System.Globalization;
using Budgets.Scheduling;

namespace Budgets.Storage.Sqlite;

/// <summary>The due index in the embedded file, written by the journals' own writer: what is put goes into the next transaction, with the appends that wait for it.</summary>
public sealed class SqliteDueIndex(SqliteJournalStore store) : IDueIndex
{
    public ValueTask Put(Due due) => new(store.Change(dues => dues.Put(due)));

    public Task<IReadOnlyList<DueRow>> List(int shard, DateTimeOffset until, DueRow? after, int limit) => Task.FromResult<IReadOnlyList<DueRow>>(store.Read(reader =>
    {
        var rows = new List<DueRow>();
        var read = reader.Dues.Bind(1, shard).BindText(2, DueRows.Text(until)).Bind(6, limit)
            .BindText(3, after is { } a ? DueRows.Text(a.Due.At) : "").BindText(4, after?.Due.Grain.ToString() ?? "").BindText(5, after?.Due.Kind ?? "");
        while (read.Step())
        {
            rows.Add(DueRows.Read(read.Text(0), read.Text(1), read.Text(2), read.Int(3)));
        }

        return rows;
    }));

    public Task Remove(IReadOnlyCollection<DueRow> rows)
    {
        var versions = rows.Select(r => (r.Due, Version: long.Parse(r.Version, CultureInfo.InvariantCulture))).ToList();
        return store.Change(dues => versions.ForEach(v => dues.Remove(v.Due, v.Version)));
    }
}
