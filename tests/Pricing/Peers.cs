using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Budgets.Tests.Pricing;

/// <summary>Node scripts of this repository, with the packages of tests/Peers. scripts/install.sh genai-prices installs them.</summary>
internal static class Peers
{
    /// <summary>The root of the sources.</summary>
    public static string Root { get; } = FindRoot();

    /// <returns>What the script wrote to its standard output.</returns>
    public static async Task<string> Run(string input, string script, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo("node", [Path.Combine(Root, script), .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Root,
        })!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        await process.WaitForExitAsync();
        process.ExitCode.Should().Be(0, $"{script} says: {await error}");
        return await output;
    }

    private static string FindRoot([CallerFilePath] string here = "")
    {
        var at = new DirectoryInfo(AppContext.BaseDirectory);
        while (at is not null && !File.Exists(Path.Combine(at.FullName, "Budgets.Orleans.sln")))
        {
            at = at.Parent;
        }

        return at?.FullName ?? Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", ".."));
    }
}
