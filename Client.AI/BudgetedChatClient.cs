using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace Budgets.Client.AI;

/// <summary>Holds the most that a call can cost, makes it, and books what its provider counted. See <see cref="AgentBudgetExtensions.UseAgentBudget"/>.</summary>
/// <remarks>
/// A refusal is a <see cref="CallRefusedException"/>. Else it throws what <see cref="IBudget"/> throws before a call, and what the provider's client throws after it.
/// An answer in one piece is made, and paid for, whether anybody waits for it or not: whoever stops waiting is let go at once, and what it cost is booked when it is there.
/// A stream that is left is ended at its provider, and what went by is booked.
/// </remarks>
internal sealed class BudgetedChatClient(IChatClient inner, IBudget budget, AgentBudgetOptions options, TimeProvider clock) : DelegatingChatClient(inner)
{
    /// <summary>Providers give up on a call of theirs after ten minutes.</summary>
    private static readonly TimeSpan s_longestAnswer = TimeSpan.FromMinutes(15);

    public override async Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        var begun = await Begin(messages, options, cancellationToken);
        var answer = Answer(begun);
        try
        {
            return await answer.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (!answer.IsCompleted)
        {
            // It goes on to be booked; should it fail, there is nobody left to be told.
            _ = answer.ContinueWith(static a => a.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
            throw;
        }
    }

    public override async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var begun = await Begin(messages, options, cancellationToken);
        var stream = new Stream(begun, base.GetStreamingResponseAsync(begun.Messages, begun.Options, cancellationToken), cancellationToken);
        Receipt? settled = null;
        try
        {
            var isFirst = true;
            while (await stream.Next())
            {
                var update = stream.Current;
                if (isFirst)
                {
                    update.AdditionalProperties = BudgetNotes.Of(begun.Call, null, update.AdditionalProperties);
                    isFirst = false;
                }

                yield return update;
            }
        }
        finally
        {
            // Also when whoever reads it has stopped.
            settled = await stream.End(MadeNothing);
        }

        yield return new ChatResponseUpdate { AdditionalProperties = BudgetNotes.Of(begun.Call, settled, null) };
    }

    private async Task<ChatResponse> Answer(Begun begun)
    {
        ChatResponse response;
        try
        {
            using var patience = new CancellationTokenSource(s_longestAnswer, clock);
            response = await base.GetResponseAsync(begun.Messages, begun.Options, patience.Token);
        }
        catch (Exception e)
        {
            await (MadeNothing(e) ? begun.Call.Release() : begun.Call.SettleAll());
            throw;
        }

        begun.Tally.Saw(response);
        var settled = await (begun.Tally.Used(isWhole: true) is { } usage ? begun.Call.Settle(usage) : begun.Call.SettleAll());
        response.AdditionalProperties = BudgetNotes.Of(begun.Call, settled, response.AdditionalProperties);
        return response;
    }

    private async Task<Begun> Begin(IEnumerable<ChatMessage> messages, ChatOptions? asked, CancellationToken cancellation)
    {
        List<ChatMessage> said = [.. messages];
        var sent = asked?.Clone() ?? new ChatOptions();
        var purpose = new Purpose(
            Operation: BudgetNotes.Take(sent.AdditionalProperties, BudgetNotes.Operation) ?? options.Operation,
            Tags: BudgetNotes.Take(sent.AdditionalProperties, BudgetNotes.Tags) is { } tags ? [.. options.Tags, .. tags.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)] : options.Tags);
        ApprovalId? approval = BudgetNotes.Take(sent.AdditionalProperties, BudgetNotes.Approval) is { } id ? new ApprovalId(id) : null;
        var model = options.PricedAs ?? sent.ModelId ?? this.GetService<ChatClientMetadata>()?.DefaultModelId
            ?? throw new InvalidOperationException("Nobody says which model is called, so that it has no price: set ChatOptions.ModelId, or AgentBudgetOptions.PricedAs.");
        var wording = Wording.Of(model, said, sent, options.TakesRawOptions);
        if (wording.Unpriced is { } unpriced)
        {
            throw new CallRefusedException(new Refused(Outcome.PriceUnknown, budget.Agent, new Refusal(budget.Agent, Money.Zero, Fault: unpriced)));
        }

        var outline = new CallOutline(
            model, Math.Min(wording.Text, TokenUsage.Most), Math.Min(wording.Pictures, TokenUsage.Most), wording.IsOpenEnded, HasWindow: true, sent.MaxOutputTokens, Choices: 1, Images: 0, default, default);
        var answer = await budget.BeginCall(outline, purpose, approval, cancellation);
        if (!answer.IsAccepted(out var call, out var refused))
        {
            throw new CallRefusedException(refused);
        }

        if (cancellation.IsCancellationRequested)
        {
            // Nothing has been sent yet.
            await call.Release();
            cancellation.ThrowIfCancellationRequested();
        }

        sent.MaxOutputTokens = call.OutputTokens is { } most ? (int)Math.Min(most, int.MaxValue) : sent.MaxOutputTokens;
        var isSeen = sent.Reasoning?.Effort == ReasoningEffort.None || (sent.Reasoning is null && ModelTraits.ThinksOnlyWhenAsked(model));
        return new Begun(call, new Tally(call.Bound, isSeen), said, sent);
    }

    private bool MadeNothing(Exception failure) => options.MadeNothing?.Invoke(failure) == true || Failure.MadeNothing(failure);

    /// <summary>A call that has its hold.</summary>
    private sealed record Begun(ModelCall Call, Tally Tally, List<ChatMessage> Messages, ChatOptions Options);

    /// <summary>Reads a stream, and knows what became of it.</summary>
    private sealed class Stream(Begun begun, IAsyncEnumerable<ChatResponseUpdate> updates, CancellationToken cancellation)
    {
        private readonly IAsyncEnumerator<ChatResponseUpdate> _updates = updates.GetAsyncEnumerator(cancellation);
        private Exception? _failure;
        private bool _isWhole;
        private bool _hasBegun;

        public ChatResponseUpdate Current => _updates.Current;

        public async ValueTask<bool> Next()
        {
            try
            {
                if (!await _updates.MoveNextAsync())
                {
                    _isWhole = true;
                    return false;
                }
            }
            catch (Exception e)
            {
                _failure = e;
                throw;
            }

            _hasBegun = true;
            begun.Tally.Saw(_updates.Current);
            return true;
        }

        public async ValueTask<Receipt?> End(Func<Exception, bool> madeNothing)
        {
            try
            {
                await _updates.DisposeAsync();
            }
            catch (Exception) when (_failure is not null)
            {
                // Whoever reads is told why it broke off, not how it ended then.
            }
            finally
            {
                _settled = await (_failure is { } failure && !_hasBegun && madeNothing(failure) ? begun.Call.Release()
                    : begun.Tally.Used(_isWhole) is { } usage ? begun.Call.Settle(usage)
                    : begun.Call.SettleAll());
            }

            return _settled;
        }

        private Receipt? _settled;
    }
}
