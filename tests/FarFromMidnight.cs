namespace Budgets.Tests;

/// <summary>For budgets of hosts that go by the real clock.</summary>
internal static class FarFromMidnight
{
    /// <summary>Where it is about noon now, so that no day ends while a test runs.</summary>
    public static string Zone
    {
        get
        {
            var east = 12 - TimeProvider.System.GetUtcNow().Hour;
            return east == 0 ? "UTC" : $"Etc/GMT{(east > 0 ? '-' : '+')}{Math.Abs(east)}";
        }
    }
}
