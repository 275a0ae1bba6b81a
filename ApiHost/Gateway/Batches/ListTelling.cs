using Budgets.ApiHost.Http;

namespace Budgets.ApiHost.Gateway.Batches;

/// <summary>As one list in the order of the requests. What is finished goes out as soon as all before it has; what has to wait for others is kept.</summary>
internal sealed class ListTelling(HttpContext http, BatchHold hold, int total) : ResultTelling(http, hold, total)
{
    /// <summary>Above this no further call of the batch is begun while others run.</summary>
    public const long MostKept = 32 << 20;

    private readonly Dictionary<int, (Result Result, Place Place)> _waiting = [];
    private readonly Dictionary<Result, int> _left = new(ReferenceEqualityComparer.Instance);
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _kept;
    private int _running;
    private int _next;

    protected override string MediaType => Sheet.Json;

    public override async Task Room()
    {
        while (true)
        {
            Task changed;
            lock (_waiting)
            {
                if (_kept <= MostKept || _running == 0)
                {
                    _running++;
                    return;
                }

                changed = _changed.Task;
            }

            await changed;
        }
    }

    protected override async Task Write(Result result)
    {
        lock (_waiting)
        {
            _left[result] = result.Item.Places.Length;
            _kept += result.Body.Length;
            foreach (var place in result.Item.Places)
            {
                _waiting[place.Index] = (result, place);
            }
        }

        try
        {
            while (Next() is var (ready, place))
            {
                await Send(json => ready.Write(json, place), place.Index == 0 ? Beginning() : ","u8);
            }
        }
        finally
        {
            Changed();
        }
    }

    protected override Task WriteEnd() => Send(Tally.WriteSummary, "],"u8, "}"u8);

    private byte[] Beginning() => [.. "{\"reservation_id\":\""u8, .. System.Text.Encoding.ASCII.GetBytes(Of.Id.Value), .. "\",\"results\":["u8];

    private (Result Result, Place Place)? Next()
    {
        lock (_waiting)
        {
            if (!_waiting.Remove(_next, out var ready))
            {
                return null;
            }

            _next++;
            if (--_left[ready.Result] == 0)
            {
                _left.Remove(ready.Result);
                _kept -= ready.Result.Body.Length;
            }

            return ready;
        }
    }

    private void Changed()
    {
        lock (_waiting)
        {
            _running--;
            var changed = _changed;
            _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
            changed.SetResult();
        }
    }
}
