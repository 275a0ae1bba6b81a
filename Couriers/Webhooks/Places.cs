namespace Budgets.Couriers.Webhooks;

/// <summary>How many letters are on their way at once, to one host and to all. Whoever waits for his own host's turn takes nobody else's place.</summary>
internal sealed class Places : IDisposable
{
    /// <summary>To one host, whatever the port.</summary>
    public const int MostToOne = 16;

    /// <summary>To all hosts.</summary>
    public const int Most = 1_024;

    private readonly SemaphoreSlim _all = new(Most);
    private readonly Dictionary<string, Door> _doors = new(StringComparer.Ordinal);

    /// <returns>A place; whoever disposes of it gives it back.</returns>
    public async Task<IDisposable> Take(string host, CancellationToken cancellation)
    {
        var door = Approach(host);
        try
        {
            await door.Free.WaitAsync(cancellation);
            try
            {
                await _all.WaitAsync(cancellation);
                return new Place(this, host, door);
            }
            catch
            {
                door.Free.Release();
                throw;
            }
        }
        catch
        {
            Leave(host, door);
            throw;
        }
    }

    public void Dispose() => _all.Dispose();

    private Door Approach(string host)
    {
        lock (_doors)
        {
            if (!_doors.TryGetValue(host, out var door))
            {
                _doors.Add(host, door = new Door(new SemaphoreSlim(MostToOne)));
            }

            door.Present++;
            return door;
        }
    }

    private void Leave(string host, Door door)
    {
        lock (_doors)
        {
            if (--door.Present == 0)
            {
                _doors.Remove(host);
                door.Free.Dispose();
            }
        }
    }

    /// <summary>Of one host, for as long as there is somebody at it.</summary>
    private sealed class Door(SemaphoreSlim free)
    {
        public SemaphoreSlim Free => free;

        public int Present { get; set; }
    }

    private sealed class Place(Places places, string host, Door door) : IDisposable
    {
        public void Dispose()
        {
            places._all.Release();
            door.Free.Release();
            places.Leave(host, door);
        }
    }
}
