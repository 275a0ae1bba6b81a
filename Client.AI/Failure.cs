using System.Net.Http;
using System.Globalization;

namespace Budgets.Client.AI;

/// <summary>What an exception of a provider's client tells of whether anything was made. Each client has its own, but nearly all of them tell the status.</summary>
internal static class Failure
{
    private static readonly string[] s_names = ["Status", "StatusCode"];

    /// <summary>True: the provider said no, or was never reached.</summary>
    /// <remarks>502 and 504 are of something on the way, behind which the call may have been made.</remarks>
    public static bool MadeNothing(Exception failure) => StatusOf(failure) is { } status
        ? status is >= 400 and not (502 or 504)
        : Causes(failure).OfType<HttpRequestException>().Any(e => e.HttpRequestError is
            HttpRequestError.NameResolutionError or HttpRequestError.ConnectionError or HttpRequestError.SecureConnectionError or HttpRequestError.VersionNegotiationError);

    private static int? StatusOf(Exception failure)
    {
        foreach (var cause in Causes(failure))
        {
            foreach (var name in s_names)
            {
                // Zero is what clients say when there was no answer.
                if (cause.GetType().GetProperty(name)?.GetValue(cause) is { } value && value is int or Enum && Convert.ToInt32(value, CultureInfo.InvariantCulture) is > 0 and var status)
                {
                    return status;
                }
            }
        }

        return null;
    }

    private static IEnumerable<Exception> Causes(Exception failure)
    {
        for (var cause = failure; cause is not null; cause = cause is AggregateException { InnerExceptions: [.., var last] } ? last : cause.InnerException)
        {
            yield return cause;
        }
    }
}
