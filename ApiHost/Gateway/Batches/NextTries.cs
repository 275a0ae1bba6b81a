using System.Security.Cryptography;
using Budgets.ApiHost.Http;

namespace Budgets.ApiHost.Gateway.Batches;

/// <summary>"Who gave a poor answer is followed by the next model, if there is money for that at that moment; if there is none, the answer is what there is." Each has a hold of its own, beside that of the batch.</summary>
/// <remarks>
/// It is foreseen first, and one after the other: what was never needed is nobody's alarm, and must not trip a breaker that stops the calls that are still to be made.
/// Outside of this batch others may come between.
/// </remarks>
internal sealed partial class NextTries(Endings endings, ILogger log) : IDisposable
{
    private readonly SemaphoreSlim _turn = new(1);

    public async Task<Holding> Hold(Call letter, Choice choice)
    {
        await _turn.WaitAsync(CancellationToken.None);
        try
        {
            return await Ask(letter, choice.Asking) ?? s_none;
        }
        catch (Exception e)
        {
            LogNotHeld(log, e);
            return s_none;
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>There is an answer to be told already.</summary>
    private static readonly Holding s_none = new(null, () => Task.CompletedTask, IsForMoney: false);

    /// <returns>Null: nothing is held.</returns>
    private async Task<Holding?> Ask(Call letter, Asking asking)
    {
        var now = letter.Edge.Now;
        var bound = (await letter.Edge.Quotes.Bounds([asking.Outline(now, now.AddSeconds(Held.TtlSeconds))]))[0];
        if (bound.Usage is null || (!bound.IsOutputKnown && asking.Route.OutputMembers.IsEmpty))
        {
            return null;
        }

        // No two calls of a batch ask the same. Whoever looks for loops is to see that.
        var (id, asked) = (EdgeIds.CallHold(), Convert.ToHexStringLower(SHA256.HashData(asking.Text.Bytes)));
        var purpose = asking.Purpose with { Usage = bound.Usage, PromptHash = asked };
        var request = new HoldRequest(id, Money.Zero, purpose, new IdempotencyKey(id.Value), Held.TtlSeconds, new PriceTag(), BooksItself: true, Quoted: bound.Quote);
        if ((await letter.Budget.DecideOn(request)).Outcome != Outcome.Accepted)
        {
            return null;
        }

        var outcome = await Holds.Ask(letter.Budget, request, endings);
        var outputTokens = bound.IsOutputKnown || asking.OutputTokens is not null ? null : bound.OutputTokens;
        return outcome.Receipt is { } receipt ? new Holding(new Held(letter.Budget, id, receipt.Amount, bound, outputTokens, receipt)) : null;
    }

    public void Dispose() => _turn.Dispose();

    [LoggerMessage(Level = LogLevel.Warning, Message = "A call of a batch was not made of the next model: what that can cost could not be held.")]
    private static partial void LogNotHeld(ILogger log, Exception why);
}
