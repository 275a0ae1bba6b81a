using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;

namespace Budgets.Tests.Crash;

/// <summary>A process of the test's own: what it says, and every way to end it or to make it stand still. It does not outlive the test.</summary>
internal class ChildProcess : IDisposable
{
    protected static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private const int SigTerm = 15;
    private static readonly int s_stop = OperatingSystem.IsMacOS() ? 17 : 19;
    private static readonly int s_continue = OperatingSystem.IsMacOS() ? 19 : 18;

    private readonly Process _process;
    private readonly long _startedAt = Stopwatch.GetTimestamp();
    private readonly StringBuilder _output = new();
    private readonly List<(string Text, TaskCompletionSource<string> Said)> _awaited = [];

    public ChildProcess(string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Path.GetTempPath(),
        };
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        _process = Process.Start(start)!;
        AppDomain.CurrentDomain.ProcessExit += End;
        _process.OutputDataReceived += (_, line) => Hear(line.Data);
        _process.ErrorDataReceived += (_, line) => Hear(line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    public TimeSpan Age => Stopwatch.GetElapsedTime(_startedAt);

    /// <summary>Its age without the time for which it could have gone on and somebody else had the processor.</summary>
    public TimeSpan OwnAge => Age - Kernel.WaitedForProcessor(Id);

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

    /// <summary>Waits for a line with this text, and gives the rest of it.</summary>
    /// <exception cref="InvalidOperationException">The process ended without it.</exception>
    public async Task<string> Says(string text)
    {
        var said = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_output)
        {
            if (_output.ToString().Split('\n').Select(l => After(l.TrimEnd('\r'), text)).FirstOrDefault(rest => rest is not null) is { } already)
            {
                return already;
            }

            _awaited.Add((text, said));
        }

        using var deadline = new CancellationTokenSource(Patience);
        await Task.WhenAny(said.Task, _process.WaitForExitAsync(deadline.Token));

        // A process may say it with its last breath: then both are complete, and the end may be seen first.
        return said.Task.IsCompleted
            ? await said.Task
            : throw new InvalidOperationException($"The process never said '{text}':\n{Output}");
    }

    /// <summary>SIGKILL.</summary>
    public async Task Kill()
    {
        _process.Kill();
        await Exited();
    }

    /// <summary>SIGTERM: asks it to end.</summary>
    public void Terminate() => _ = SendSignal(_process.Id, SigTerm);

    /// <summary>SIGSTOP: it stands still where it is, with all its connections open. Completes when it does: a signal is only on its way when it has been sent.</summary>
    public async Task Pause()
    {
        _ = SendSignal(_process.Id, s_stop);
        using var pause = new PeriodicTimer(TimeSpan.FromMilliseconds(1));
        using var deadline = new CancellationTokenSource(Patience);
        while (OperatingSystem.IsLinux() && !Kernel.StandsStill(_process.Id))
        {
            await pause.WaitForNextTickAsync(deadline.Token);
        }
    }

    /// <summary>SIGCONT: it goes on as if nothing had happened.</summary>
    public void Resume() => _ = SendSignal(_process.Id, s_continue);

    /// <returns>The exit code.</returns>
    /// <exception cref="OperationCanceledException">It did not end in time.</exception>
    public async Task<int> Exited(TimeSpan? within = null)
    {
        using var deadline = new CancellationTokenSource(within ?? Patience);
        await _process.WaitForExitAsync(deadline.Token);
        return _process.ExitCode;
    }

    public void Dispose()
    {
        AppDomain.CurrentDomain.ProcessExit -= End;
        if (!_process.HasExited)
        {
            _process.Kill();
            _process.WaitForExit();
        }

        _process.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>A program of this repository as it was built, in the configuration that these tests are built in.</summary>
    /// <param name="project">Its folder, from the root.</param>
    /// <param name="assembly">Null: it is named for its folder, as all but samples are.</param>
    protected static string Built(string project, string? assembly = null)
    {
        var here = new DirectoryInfo(AppContext.BaseDirectory);
        var root = here;
        while (!File.Exists(Path.Combine(root.FullName, "Budgets.Orleans.sln")))
        {
            root = root.Parent ?? throw new InvalidOperationException("These tests must run inside the repository.");
        }

        return Path.Combine(root.FullName, project, "bin", here.Parent!.Name, here.Name, assembly ?? $"Budgets.{project}.dll");
    }

    private void End(object? sender, EventArgs args) => _process.Kill();

    private void Hear(string? line)
    {
        lock (_output)
        {
            _output.AppendLine(line);
            foreach (var (text, said) in _awaited)
            {
                if (line is not null && After(line, text) is { } rest)
                {
                    said.TrySetResult(rest);
                }
            }
        }
    }

    private static string? After(string line, string text) => line.IndexOf(text, StringComparison.Ordinal) is >= 0 and var at ? line[(at + text.Length)..] : null;

    [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SendSignal(int process, int signal);
}
