using Budgets.Tests.Crash;

namespace Budgets.Tests.Gateway;

/// <summary>A Redis with nothing on disk. scripts/test.sh installs it.</summary>
internal sealed class RedisServer : IDisposable
{
    private readonly ChildProcess _process;
    private bool _hasEnded;

    private RedisServer(ChildProcess process, int port) => (_process, Port) = (process, port);

    public int Port { get; }

    /// <summary>With patience: usually what is not kept within a quarter of a second is not kept, which on a busy machine is no fault.</summary>
    public string ConnectionString => $"127.0.0.1:{Port},connectTimeout=60000,syncTimeout=60000,asyncTimeout=60000";

    public static async Task<RedisServer> Start()
    {
        var port = FreePorts.Take(1)[0];
        var process = new ChildProcess("redis-server", ["--port", $"{port}", "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]);
        await process.Says("Ready to accept connections");
        return new RedisServer(process, port);
    }

    /// <summary>It is gone then, without a word. May be called twice.</summary>
    public void Dispose()
    {
        if (!_hasEnded)
        {
            _hasEnded = true;
            _process.Dispose();
        }
    }
}
