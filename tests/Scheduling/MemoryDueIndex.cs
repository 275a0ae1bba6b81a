using System.Globalization;
using Budgets.Scheduling;

namespace Budgets.Tests.Scheduling;

/// <summary>A due index for budgets whose store is in memory too.</summary>
internal sealed class MemoryDueIndex : IDueIndex
{
    private readonly Lock _lock = new();
    private readonly Dictionary<Due, int> _versions = [];
    private int _puts;

    public ValueTask Put(Due due)
    {
        lock (_lock)
        {
            _versions[due] = ++_puts;
            return default;
        }
    }

    public Task<IReadOnlyList<DueRow>> List(int shard, DateTimeOffset until, DueRow? after, int limit)
    {
        lock (_lock)
        {
            var rows = _versions.Where(v => v.Key.Shard == shard && v.Key.At <= until)
                .OrderBy(v => Order(v.Key), StringComparer.Ordinal)
                .SkipWhile(v => after is { } a && string.CompareOrdinal(Order(v.Key), Order(a.Due)) <= 0)
                .Take(limit)
                .Select(v => new DueRow(v.Key, v.Value.ToString(CultureInfo.InvariantCulture)));
            return Task.FromResult<IReadOnlyList<DueRow>>([.. rows]);
        }
    }

    public Task Remove(IReadOnlyCollection<DueRow> rows)
    {
        lock (_lock)
        {
            foreach (var row in rows.Where(r => _versions.GetValueOrDefault(r.Due).ToString(CultureInfo.InvariantCulture) == r.Version))
            {
                _versions.Remove(row.Due);
            }

            return Task.CompletedTask;
        }
    }

    private static string Order(Due due) => $"{due.At.UtcDateTime:O} {due.Grain} {due.Kind}";
}
