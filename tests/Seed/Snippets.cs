using System.Diagnostics;
using System.Text.Json;
using Budgets.Tests.Pricing;

namespace Budgets.Tests.Seed;

/// <summary>Runs the seed document's Python as it stands, by the Python that Debian's packages are for. scripts/install.sh python3-requests python3-pandas installs what it needs.</summary>
internal static class Snippets
{
    public const string Python = "/usr/bin/python3";

    /// <param name="then">Lines that are run after the snippet, where it only defines something.</param>
    /// <returns>What was printed.</returns>
    public static async Task<string> Run(string snippet, Uri address, string? key, string? parentKey = null, string webhook = "", string then = "")
    {
        using var process = Process.Start(new ProcessStartInfo(Python, [Path.Combine(Peers.Root, "tests", "Seed", "run.py"), snippet, address.ToString().TrimEnd('/')])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = System.Text.Encoding.UTF8,
            Environment = { ["PYTHONIOENCODING"] = "utf-8", ["PYTHONDONTWRITEBYTECODE"] = "1", ["NO_PROXY"] = "*" },
        })!;
        var (printed, complained) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.StandardInput.WriteAsync(JsonSerializer.Serialize(new Dictionary<string, string?>
        {
            ["API_KEY"] = key, ["PARENT_API_KEY"] = parentKey, ["webhook"] = webhook, ["then"] = then,
        }));
        process.StandardInput.Close();
        await process.WaitForExitAsync();
        process.ExitCode.Should().Be(0, $"{snippet} says: {await complained}");
        return await printed;
    }
}
