using Microsoft.Extensions.Logging;

namespace Budgets.Client;

/// <summary>What is spent is booked as long as there is a store to book it in, whether anybody waits for it or not.</summary>
internal static partial class Ending
{
    /// <summary>Each as long as the client insists on any answer. With the pauses between them an hour; then a person has to.</summary>
    private const int MostRounds = 90;

    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(10);

    /// <summary>Never fails. The same request again has one effect: a hold ends once, and says how it did.</summary>
    /// <returns>Null: nobody answered, which was logged.</returns>
    public static async Task<SpendOutcome?> Insist(HoldId id, Func<ValueTask<SpendOutcome>> ask, Insistence insistence, TimeProvider clock, ILogger log)
    {
        for (var round = 1; ; round++)
        {
            try
            {
                return await insistence.Ask(ask, key: null, CancellationToken.None);
            }
            catch (Exception e) when (round < MostRounds)
            {
                LogAgain(log, id, e.GetType().Name);
            }
            catch (Exception e)
            {
                LogGivenUp(log, e, id);
                return null;
            }

            await Task.Delay(s_pause, clock);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The hold {Hold} of a call could not be ended yet: {Why}. It is tried again.")]
    private static partial void LogAgain(ILogger log, HoldId hold, string why);

    [LoggerMessage(Level = LogLevel.Critical, Message = "The hold {Hold} of a call could not be ended for an hour. It books itself, all of it, when it expires.")]
    private static partial void LogGivenUp(ILogger log, Exception exception, HoldId hold);
}
