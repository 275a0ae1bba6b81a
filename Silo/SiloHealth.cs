using System.Net;
using System.Net.Sockets;
using System.Text;
using Budgets.Directories;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;

namespace Budgets.Silo;

/// <summary>
/// Tells whoever asks at a port of its own how this silo is. A line in, "live" or "ready", and a line out: "yes", or "no: " and why. A silo is live when it answers at all,
/// and ready when it belongs to the cluster, is not about to leave it, and the store answers.
/// </summary>
/// <remarks>For container health checks and for people: <c>dotnet Budgets.Silo.dll health</c>, or <c>echo ready | nc HOST 11180</c>.</remarks>
internal sealed class SiloHealth(ClusterSettings settings, IAgentDirectory agents, IHostApplicationLifetime lifetime) : BackgroundService
{
    private const string Live = "live";
    private const string IsReady = "ready";
    private const string Yes = "yes";
    private const int LongestQuestion = 16;
    private const int MostAtOnce = 32;

    /// <summary>With whoever asks.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>With the store, so that there is time to say that it does not answer.</summary>
    private static readonly TimeSpan StorePatience = TimeSpan.FromSeconds(3);

    private readonly TcpListener _listener = new(settings.ListeningAddress, settings.HealthPort);
    private readonly SemaphoreSlim _places = new(MostAtOnce);

    /// <summary>Asks the silo on this machine, and prints its answer.</summary>
    /// <param name="args">"live" or "ready" (the default), then settings as on the silo's own command line.</param>
    /// <returns>The exit code: 0 for a yes.</returns>
    public static async Task<int> Ask(string[] args)
    {
        var question = args is [Live or IsReady, ..] ? args[0] : IsReady;
        var configuration = new ConfigurationBuilder().AddEnvironmentVariables().AddCommandLine(args).Build();
        var faults = new List<string>();
        var port = ClusterSettings.HealthPortOf(configuration, faults);
        string answer;
        try
        {
            using var patience = new CancellationTokenSource(Patience);
            using var client = new TcpClient();
            await client.ConnectAsync(IPAddress.Loopback, port, patience.Token);
            await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(question + "\n"), patience.Token);
            using var reader = new StreamReader(client.GetStream());
            answer = await reader.ReadLineAsync(patience.Token) ?? "no: it hung up";
        }
        catch (Exception e) when (e is SocketException or IOException or OperationCanceledException)
        {
            answer = $"no: nobody answers on port {port}: {e.Message}";
        }

        Console.WriteLine(faults is [var fault] ? $"no: {fault}" : answer);
        return answer == Yes && faults.Count == 0 ? 0 : 1;
    }

    public override Task StartAsync(CancellationToken cancellationToken)
    {
        try
        {
            _listener.Start();
        }
        catch (SocketException e)
        {
            throw new IOException($"Budgets:HealthPort {settings.HealthPort} cannot be listened on: {e.Message}", e);
        }

        return base.StartAsync(cancellationToken);
    }

    public override void Dispose()
    {
        _listener.Dispose();
        _places.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (true)
            {
                await _places.WaitAsync(stoppingToken);
                _ = Answer(await _listener.AcceptSocketAsync(stoppingToken));
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The silo has left.
        }
    }

    private async Task Answer(Socket caller)
    {
        using var stream = new NetworkStream(caller, ownsSocket: true);
        using var patience = new CancellationTokenSource(Patience);
        try
        {
            var answer = await Read(stream, patience.Token) switch
            {
                Live => Yes,
                IsReady => await Readiness(),
                _ => $"no: ask '{Live}' or '{IsReady}'",
            };
            await stream.WriteAsync(Encoding.ASCII.GetBytes(answer + "\n"), patience.Token);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // Whoever asked has gone, or never said what.
        }
        finally
        {
            _places.Release();
        }
    }

    private static async Task<string> Read(NetworkStream stream, CancellationToken cancellation)
    {
        var question = new byte[LongestQuestion];
        var length = 0;
        while (length < question.Length && question.AsSpan(0, length).IndexOf((byte)'\n') < 0
            && await stream.ReadAsync(question.AsMemory(length), cancellation) is > 0 and var read)
        {
            length += read;
        }

        return Encoding.ASCII.GetString(question, 0, length).Trim();
    }

    private async Task<string> Readiness()
    {
        if (!lifetime.ApplicationStarted.IsCancellationRequested || lifetime.ApplicationStopping.IsCancellationRequested)
        {
            return "no: it has not joined the cluster yet, or is leaving it";
        }

        try
        {
            await agents.Ping().WaitAsync(StorePatience);
            return Yes;
        }
        catch (Exception e) when (e is StoreUnavailableException or TimeoutException)
        {
            return "no: the store does not answer";
        }
    }
}
