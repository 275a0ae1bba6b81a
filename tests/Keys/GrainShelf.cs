using System.Collections.Concurrent;
using System.Text.Json;
using Orleans.Runtime;
using Orleans.Storage;

namespace Budgets.Tests.Keys;

/// <summary>Grain state as JSON on a shelf that outlives its silo, and that fails, stalls or is written by others on request.</summary>
public sealed class GrainShelf : IGrainStorage
{
    private readonly ConcurrentDictionary<string, (string Json, string ETag)> _rows = new();
    private readonly ConcurrentDictionary<string, Func<Func<Task>, Task>> _next = new();

    public static string Place(string stateName, string grainKey) => $"{stateName}/{grainKey}";

    public string? this[string place] => _rows.TryGetValue(place, out var row) ? row.Json : null;

    /// <summary>What happens to the next read or write of a place, given the deed itself.</summary>
    public void Next(string place, Func<Func<Task>, Task> happens) => _next[place] = happens;

    /// <summary>Another activation writes what is there already.</summary>
    public void WriteAsAnother(string place) => Change(place, json => json);

    /// <summary>Another activation writes something else.</summary>
    public void Change(string place, Func<string, string> change) => _rows[place] = (change(_rows[place].Json), Guid.NewGuid().ToString("N"));

    public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) => Do(stateName, grainId, () =>
    {
        var found = _rows.TryGetValue(Place(stateName, grainId.Key.ToString()!), out var row);
        grainState.State = found ? JsonSerializer.Deserialize<T>(row.Json)! : Activator.CreateInstance<T>();
        grainState.ETag = found ? row.ETag : null;
        grainState.RecordExists = found;
        return Task.CompletedTask;
    });

    public Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) => Do(stateName, grainId, () =>
    {
        var place = Place(stateName, grainId.Key.ToString()!);
        var written = (JsonSerializer.Serialize(grainState.State), Guid.NewGuid().ToString("N"));
        var asExpected = _rows.TryGetValue(place, out var row)
            ? row.ETag == grainState.ETag && _rows.TryUpdate(place, written, row)
            : grainState.ETag is null && _rows.TryAdd(place, written);
        if (!asExpected)
        {
            throw new InconsistentStateException($"{place} was written by another.", row.ETag, grainState.ETag);
        }

        grainState.ETag = written.Item2;
        grainState.RecordExists = true;
        return Task.CompletedTask;
    });

    public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) => throw new NotSupportedException();

    private Task Do(string stateName, GrainId grainId, Func<Task> deed) =>
        _next.TryRemove(Place(stateName, grainId.Key.ToString()!), out var happens) ? happens(deed) : deed();
}
