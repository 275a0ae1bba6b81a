using System.Security.Cryptography;
using Budgets.ApiHost.Http;

namespace Budgets.ApiHost.Gateway.Batches;

/// <summary>"Who gave a poor answer is followed by the next model, if there is money for that at that moment; if there is none, the answer is what there is." Each has a hold of its own, beside that of the batch.</summary>
/// <remarks>What does not fit is not asked for: what was never needed is nobody's alarm, and must not trip a breaker that stops the calls that are still to be made.</remarks>
internal sealed partial class NextTries(Endings endings, ILogger<NextTries> log)
{
    /// <summary>There is an answer to be told already.</summary>
    private static readonly Holding s_none = new(null, () => Task.CompletedTask, IsForMoney: false);

    public async Task<Holding> Hold(Call letter, Choice choice)
    {
        try
        {
            return await Hold(letter, choice.Asking) ?? s_none;
        }
        catch (Exception e)
        {
            LogNotHeld(log, e);
            return s_none;
        }
    }

    /// <returns>Null: nothing is held.</returns>
    private async Task<Holding?> Hold(Call letter, Asking asking)
    {
        var now = letter.Edge.Now;
        var bound = (await letter.Edge.Quotes.Bounds([asking.Outline(now, now.AddSeconds(Held.TtlSeconds))]))[0];
        if (!Part.IsBounded(asking, bound))
        {
            return null;
        }

        // No two calls of a batch ask the same. Whoever looks for loops is to see that.
        var (id, asked) = (EdgeIds.CallHold(), Convert.ToHexStringLower(SHA256.HashData(asking.Text.Bytes)));
        var purpose = asking.Purpose with { Usage = bound.Usage, PromptHash = asked };
        var request = new HoldRequest(id, Money.Zero, purpose, new IdempotencyKey(id.Value), Held.TtlSeconds, new PriceTag(), BooksItself: true, Quoted: bound.Quote);
        var outcome = await Holds.Ask(letter.Budget, id, () => letter.Budget.HoldIfItFits(request), endings);
        return outcome.Receipt is { } receipt ? new Holding(new Held(letter.Budget, id, receipt.Amount, bound, Part.ToldToEnd(asking, bound), receipt)) : null;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "A call of a batch was not made of the next model: what that can cost could not be held.")]
    private static partial void LogNotHeld(ILogger log, Exception why);
}
