namespace Budgets.Couriers.Webhooks;

/// <summary>Lets so many at a time to one receiver. The others wait here, where they are in nobody else's way.</summary>
internal sealed class Turnstile(int mostAtOnce)
{
    private readonly Dictionary<string, Queue> _queues = [];

    /// <summary>Waits for a place at a receiver, and has it until the answer is there.</summary>
    public async Task<T> Pass<T>(string receiver, Func<Task<T>> call, CancellationToken cancellation)
    {
        var queue = Join(receiver);
        try
        {
            await queue.Places.WaitAsync(cancellation);
            try
            {
                return await call();
            }
            finally
            {
                queue.Places.Release();
            }
        }
        finally
        {
            Leave(receiver, queue);
        }
    }

    private Queue Join(string receiver)
    {
        lock (_queues)
        {
            if (!_queues.TryGetValue(receiver, out var queue))
            {
                _queues.Add(receiver, queue = new Queue(new SemaphoreSlim(mostAtOnce)));
            }

            queue.Members++;
            return queue;
        }
    }

    /// <summary>A receiver that nobody calls is forgotten.</summary>
    private void Leave(string receiver, Queue queue)
    {
        lock (_queues)
        {
            if (--queue.Members == 0)
            {
                _queues.Remove(receiver);
                queue.Places.Dispose();
            }
        }
    }

    private sealed class Queue(SemaphoreSlim places)
    {
        public SemaphoreSlim Places => places;

        public int Members { get; set; }
    }
}
