using System.Diagnostics;
using System.Net;
using System.Runtime.InteropServices;
using System.Text;

namespace Budgets.Tests.Crash;

/// <summary>The service as users run it: a process of its own, on a free loopback port and a data directory.</summary>
internal sealed class ApiProcess : IDisposable
{
    /// <summary>From the start of the process to the first "ready", on a machine that has time for it: of several starts, the middle one.</summary>
    public static readonly TimeSpan StartsWithin = TimeSpan.FromSeconds(3);

    /// <summary>The same for every single start: the processor may be somebody else's for a moment.</summary>
    public static readonly TimeSpan AlwaysStartsWithin = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private const string Listening = "Now listening on: ";
    private const int SigTerm = 15;

    private readonly Process _process;
    private readonly long _startedAt = Stopwatch.GetTimestamp();
    private readonly TaskCompletionSource<Uri> _listening = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly StringBuilder _output = new();

    private ApiProcess(ProcessStartInfo start)
    {
        _process = Process.Start(start)!;
        _process.OutputDataReceived += (_, line) => Hear(line.Data);
        _process.ErrorDataReceived += (_, line) => Hear(line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    /// <summary>All that it printed so far.</summary>
    public string Output
    {
        get
        {
            lock (_output)
            {
                return _output.ToString();
            }
        }
    }

    public static ApiProcess Start(string dataDirectory, string operatorKey) => new(new ProcessStartInfo("dotnet", [Assembly])
    {
        RedirectStandardOutput = true,
        RedirectStandardError = true,
        WorkingDirectory = Path.GetTempPath(),
        Environment =
        {
            ["ASPNETCORE_URLS"] = "http://127.0.0.1:0",
            ["Budgets__DataDirectory"] = dataDirectory,
            ["Budgets__OperatorKey"] = operatorKey,
        },
    });

    /// <summary>Waits for the first 200 of /health/ready.</summary>
    /// <returns>Where it listens, and how long it took from the start of the process.</returns>
    public async Task<(Uri Address, TimeSpan Took)> Ready()
    {
        using var deadline = new CancellationTokenSource(Patience);
        using var client = new HttpClient();
        using var pause = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        var gone = _process.WaitForExitAsync(deadline.Token);
        if (await Task.WhenAny(_listening.Task, gone) == gone)
        {
            throw new InvalidOperationException($"The process never listened:\n{Output}");
        }

        var address = await _listening.Task;
        while (await StatusOf(client, new Uri(address, "/health/ready"), deadline.Token) != HttpStatusCode.OK)
        {
            await pause.WaitForNextTickAsync(deadline.Token);
        }

        return (address, Stopwatch.GetElapsedTime(_startedAt));
    }

    /// <summary>SIGKILL.</summary>
    public async Task Kill()
    {
        _process.Kill();
        await Exited();
    }

    /// <summary>SIGTERM: asks it to end.</summary>
    public void Terminate() => _ = SendSignal(_process.Id, SigTerm);

    public async Task<int> Exited()
    {
        using var deadline = new CancellationTokenSource(Patience);
        await _process.WaitForExitAsync(deadline.Token);
        return _process.ExitCode;
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            _process.WaitForExit();
        }

        _process.Dispose();
    }

    private void Hear(string? line)
    {
        lock (_output)
        {
            _output.AppendLine(line);
        }

        if (line?.IndexOf(Listening, StringComparison.Ordinal) is >= 0 and var at)
        {
            _listening.TrySetResult(new Uri(line[(at + Listening.Length)..]));
        }
    }

    private static async Task<HttpStatusCode> StatusOf(HttpClient client, Uri uri, CancellationToken cancellation)
    {
        try
        {
            using var response = await client.GetAsync(uri, cancellation);
            return response.StatusCode;
        }
        catch (HttpRequestException)
        {
            return 0;
        }
    }

    /// <summary>Of the API host's own build output, in the configuration that these tests are built in.</summary>
    private static string Assembly
    {
        get
        {
            var here = new DirectoryInfo(AppContext.BaseDirectory);
            var root = here;
            while (!File.Exists(Path.Combine(root.FullName, "Budgets.Orleans.sln")))
            {
                root = root.Parent ?? throw new InvalidOperationException("These tests must run inside the repository.");
            }

            return Path.Combine(root.FullName, "ApiHost", "bin", here.Parent!.Name, here.Name, "Budgets.ApiHost.dll");
        }
    }

    [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SendSignal(int process, int signal);
}
