using Budgets.ApiHost.Auth;

namespace Budgets.ApiHost.Gateway;

/// <summary>
/// "A text that is alone goes at once; those that come while another of the tree is under way go together." Each has its own hold, its own embedding and its own share of
/// the usage; only the way is shared, and only within a tree: strangers would at least see how fast the other is.
/// </summary>
internal sealed class Joining(Upstream upstream, JoinSettings settings, Lineage lineage, [FromKeyedServices(BudgetsApi.Clock)] TimeProvider clock)
{
    /// <summary>Texts that go together at most.</summary>
    private const int Most = 64;

    private static readonly TimeSpan s_longest = TimeSpan.FromMinutes(15);

    // Of trees that have something under way; no more than calls are with this host.
    private readonly Dictionary<Kind, Queue> _queues = [];
    private readonly Lock _lock = new();

    /// <summary>Texts that wait for others, or for one that is under way.</summary>
    public int Waits
    {
        get
        {
            lock (_lock)
            {
                return _queues.Values.Sum(q => q.Texts.Count);
            }
        }
    }

    /// <summary>Like <see cref="Upstream.Send"/>.</summary>
    /// <exception cref="HttpRequestException">It did not answer.</exception>
    /// <exception cref="IOException">What it answered is no answer. Something may have been spent.</exception>
    public async Task<HttpResponseMessage> Send(Held held, Provider provider, Asking asking, byte[] body, HttpRequest from, CancellationToken stop)
    {
        if (settings.Within == TimeSpan.Zero || LoneText.Of(asking) is not { } text)
        {
            return await upstream.Send(provider, asking.Route, body, from, stop);
        }

        var tree = await lineage.RootOf(new AgentId(held.Budget.GetPrimaryKeyString()));
        var kind = new Kind(tree, provider, asking.Route, text.Options, string.Join('\n', provider.Dialect.Telling.Select(n => from.Headers[n].ToString())));
        var (queue, waiting) = Enter(kind, text);
        if (waiting is not null && await waiting.Answer.Task.WaitAsync(stop) is { } joint)
        {
            return joint;
        }

        try
        {
            return await upstream.Send(provider, asking.Route, body, from, stop);
        }
        finally
        {
            if (waiting is null)
            {
                Left(kind, queue);
            }
        }
    }

    /// <returns>Nothing to wait for: nobody is under way.</returns>
    private (Queue Queue, Waiting? Waiting) Enter(Kind kind, LoneText text)
    {
        Waiting[] full;
        Waiting waiting;
        Queue? queue;
        lock (_lock)
        {
            if (!_queues.TryGetValue(kind, out queue))
            {
                _queues[kind] = queue = new Queue { Underway = 1 };
                return (queue, null);
            }

            queue.Texts.Add(waiting = new Waiting(text));
            if (queue.Texts.Count == 1)
            {
                _ = Patience(kind, queue, queue.Batch);
            }

            full = queue.Texts.Count == Most ? queue.Take() : [];
        }

        Go(kind, queue, full);
        return (queue, waiting);
    }

    private async Task Patience(Kind kind, Queue queue, int batch)
    {
        await Task.Delay(settings.Within, clock);
        Waiting[] texts;
        lock (_lock)
        {
            texts = queue.Batch == batch ? queue.Take() : [];
        }

        Go(kind, queue, texts);
    }

    /// <summary>One that was under way has been answered: whoever waits goes now.</summary>
    private void Left(Kind kind, Queue queue)
    {
        Waiting[] texts;
        lock (_lock)
        {
            queue.Underway--;
            texts = queue.Texts.Count > 0 ? queue.Take() : [];
            if (queue.Underway == 0)
            {
                _queues.Remove(kind);
            }
        }

        Go(kind, queue, texts);
    }

    private void Go(Kind kind, Queue queue, Waiting[] texts)
    {
        if (texts.Length > 0)
        {
            _ = Task.Run(() => Together(kind, queue, texts));
        }
    }

    private async Task Together(Kind kind, Queue queue, Waiting[] texts)
    {
        try
        {
            if (texts is [var only])
            {
                only.Answer.SetResult(null);
                return;
            }

            var answers = await Ask(kind, texts);
            for (var i = 0; i < texts.Length; i++)
            {
                texts[i].Answer.SetResult(answers?[i]);
            }
        }
        catch (Exception e)
        {
            Array.ForEach(texts, t => t.Answer.TrySetException(e));
        }
        finally
        {
            Left(kind, queue);
        }
    }

    /// <summary>Null: each is to go alone.</summary>
    private async Task<IReadOnlyList<HttpResponseMessage>?> Ask(Kind kind, Waiting[] texts)
    {
        var body = LoneText.Together(texts.Select(t => t.Text), kind.Options);
        using var patience = new CancellationTokenSource(s_longest, clock);
        using var answer = await upstream.Send(kind.Provider, kind.Route, body, kind.Headers(), patience.Token);
        if (JointAnswer.MayBeOnesFault(answer.StatusCode))
        {
            return null;
        }

        var read = await Upstream.Read(answer, Upstream.LargestAnswer, patience.Token);
        return answer.IsSuccessStatusCode
            ? JointAnswer.Split(read, [.. texts.Select(t => t.Text.Weight)])
            : [.. texts.Select(_ => JointAnswer.Copy(answer, read))];
    }

    /// <summary>What goes together has all of this in common.</summary>
    private sealed record Kind(AgentId Tree, Provider Provider, ModelRoute Route, string Options, string Said)
    {
        /// <summary>Of one who is everybody.</summary>
        public HttpRequest Headers()
        {
            var request = new DefaultHttpContext().Request;
            foreach (var (name, said) in Provider.Dialect.Telling.Zip(Said.Split('\n')).Where(h => h.Second.Length > 0))
            {
                request.Headers[name] = said;
            }

            return request;
        }
    }

    private sealed record Waiting(LoneText Text)
    {
        /// <summary>Null: it is to go alone.</summary>
        public TaskCompletionSource<HttpResponseMessage?> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    private sealed class Queue
    {
        public int Underway { get; set; }

        public int Batch { get; private set; }

        public List<Waiting> Texts { get; private set; } = [];

        public Waiting[] Take()
        {
            var taken = Texts.ToArray();
            (Texts, Batch) = ([], Batch + 1);
            Underway += taken.Length > 0 ? 1 : 0;
            return taken;
        }
    }
}
