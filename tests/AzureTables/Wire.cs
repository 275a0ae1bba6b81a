using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Data.Tables;

namespace Budgets.Tests.AzureTables;

/// <summary>Between a client and the table service: remembers what was asked, and loses answers when told to.</summary>
internal sealed class Wire : HttpPipelinePolicy
{
    private readonly Lock _lock = new();
    private readonly List<(string Method, string Address)> _asked = [];
    private int _answersToLose;

    public IReadOnlyList<(string Method, string Address)> Asked
    {
        get
        {
            lock (_lock)
            {
                return [.. _asked];
            }
        }
    }

    /// <summary>A client that cannot reach anything, and does not try twice: nobody listens on port 1.</summary>
    public static TableServiceClient Unreachable()
    {
        var options = new TableClientOptions();
        options.Retry.MaxRetries = 0;
        return new TableServiceClient("DefaultEndpointsProtocol=http;AccountName=nobody;AccountKey=bm9ib2R5;TableEndpoint=http://127.0.0.1:1/nobody;", options);
    }

    /// <summary>A client whose requests pass here.</summary>
    public TableServiceClient Connect(Azurite azurite, int retries = 3)
    {
        var options = new TableClientOptions();
        options.Retry.MaxRetries = retries;
        options.Retry.Delay = TimeSpan.FromMilliseconds(1);
        options.AddPolicy(this, HttpPipelinePosition.PerRetry);
        return azurite.Connect(options);
    }

    public void Forget()
    {
        lock (_lock)
        {
            _asked.Clear();
        }
    }

    /// <summary>The next writes reach the table, and their answers do not come back.</summary>
    public void LoseAnswers(int writes = 1) => Volatile.Write(ref _answersToLose, writes);

    public override async ValueTask ProcessAsync(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
    {
        lock (_lock)
        {
            _asked.Add((message.Request.Method.Method, Uri.UnescapeDataString(message.Request.Uri.ToString())));
        }

        await ProcessNextAsync(message, pipeline);
        if (message.Request.Method != RequestMethod.Get && Interlocked.Decrement(ref _answersToLose) >= 0)
        {
            throw new IOException("The answer was lost.");
        }
    }

    public override void Process(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline) => throw new NotSupportedException();
}
