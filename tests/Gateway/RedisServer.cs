using Budgets.Tests.Crash;

namespace Budgets.Tests.Gateway;

/// <summary>A Redis with nothing on disk. scripts/test.sh installs it.</summary>
internal sealed class RedisServer : IDisposable
{
    private readonly ChildProcess _process;
    private bool _hasEnded;

    private RedisServer(ChildProcess process, int port) => (_process, Port) = (process, port);

    public int Port { get; }

    public string ConnectionString => $"127.0.0.1:{Port}";

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
