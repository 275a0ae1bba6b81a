using System.Net.Sockets;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Configuration.Memory;
using Microsoft.Extensions.Options;

namespace Budgets.Silo;

/// <summary>How both programs begin: with quiet logs, and where they cannot begin, with a line for each reason.</summary>
public static class Launch
{
    /// <summary>Nothing is logged per request. To be put first: what the operator configures overrides it as usual.</summary>
    public static IConfigurationSource QuietLogs => new MemoryConfigurationSource
    {
        InitialData = new Dictionary<string, string?>
        {
            ["Logging:LogLevel:Default"] = "Warning",
            ["Logging:LogLevel:Budgets"] = "Information",
            ["Logging:LogLevel:Microsoft.Hosting.Lifetime"] = "Information",
            // Why it did not start is told below, without a stack trace.
            ["Logging:LogLevel:Microsoft.Extensions.Hosting.Internal.Host"] = "Critical",
        },
    };

    /// <summary>Settings are read once, at the start. Watched, they would have every write to a database under the current directory heard of by a thread that has no use for it.</summary>
    /// <param name="args">Of the command line; what they say of this wins.</param>
    public static string[] Unwatched(string[] args) => ["--hostBuilder:reloadConfigOnChange=false", .. args];

    /// <returns>The exit code.</returns>
    public static async Task<int> Run(Func<Task> run)
    {
        try
        {
            await run();
            return 0;
        }
        catch (OptionsValidationException e)
        {
            return Refuse(e.Failures);
        }
        catch (Exception e) when (e is IOException or StoreUnavailableException)
        {
            // A port is taken, the data directory is somebody else's, the account does not answer: its message says all there is to say.
            return Refuse([e.Message]);
        }
        catch (Exception e) when (e.GetBaseException() is SocketException { SocketErrorCode: SocketError.AddressAlreadyInUse })
        {
            return Refuse(["A port of the silo, Budgets:SiloPort or Budgets:GatewayPort, is taken by another program."]);
        }
    }

    /// <exception cref="OptionsValidationException">There are faults.</exception>
    public static void RefuseIf(IReadOnlyCollection<string> faults)
    {
        if (faults.Count > 0)
        {
            throw new OptionsValidationException(ClusterSettings.Section, typeof(Launch), faults);
        }
    }

    private static int Refuse(IEnumerable<string> faults)
    {
        Console.Error.WriteLine("Not started:");
        foreach (var fault in faults)
        {
            Console.Error.WriteLine("- " + fault);
        }

        return 1;
    }
}
