using System.Runtime.CompilerServices;
using System.Text;

namespace Budgets.Tests.Journal;

/// <summary>Files under tests/Approved that say, byte for byte, how something is stored.</summary>
internal static class Approved
{
    public static void Equal(string name, byte[] stored)
    {
        var path = Path.Combine(Directory(), $"{name}.json");
        if (Environment.GetEnvironmentVariable("BUDGETS_ACCEPT") == "1")
        {
            File.WriteAllBytes(path, stored);
        }

        var approved = File.Exists(path) ? File.ReadAllText(path) : "(no such file)";
        Encoding.UTF8.GetString(stored).Should().Be(approved, """
            tests/Approved/{0}.json says so. What is stored must be readable for ever: give a changed event a new name (charged.v2) beside the old one.
            If nothing was ever stored in the old shape, run the tests with BUDGETS_ACCEPT=1 and commit the file
            """, name);
    }

    private static string Directory([CallerFilePath] string here = "") => Path.Combine(Path.GetDirectoryName(here)!, "..", "Approved");
}
