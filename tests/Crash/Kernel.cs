using System.Globalization;

namespace Budgets.Tests.Crash;

/// <summary>What Linux knows of a process (proc(5)).</summary>
internal static class Kernel
{
    private const char Stopped = 'T';

    /// <summary>None of its threads goes on.</summary>
    public static bool StandsStill(int process) => ThreadStats(process).All(s => s[s.LastIndexOf(')') + 2] == Stopped);

    /// <summary>For how long its first thread could have gone on and had no processor. Zero where nobody counts it.</summary>
    public static TimeSpan WaitedForProcessor(int process)
    {
        var counted = $"/proc/{process}/schedstat";
        return File.Exists(counted) ? TimeSpan.FromMicroseconds(long.Parse(File.ReadAllText(counted).Split(' ')[1], CultureInfo.InvariantCulture) / 1_000) : TimeSpan.Zero;
    }

    private static IEnumerable<string> ThreadStats(int process)
    {
        foreach (var thread in Directory.EnumerateDirectories($"/proc/{process}/task"))
        {
            var path = Path.Combine(thread, "stat");
            string? text = null;
            try
            {
                text = File.ReadAllText(path);
            }
            catch (IOException)
            {
                // It ended meanwhile.
            }

            if (text is not null)
            {
                yield return text;
            }
        }
    }
}
