using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace Budgets.Client.AI;

/// <summary>Holds the most that a call can cost, makes it, and books what its provider counted. See <see cref="AgentBudgetExtensions.UseAgentBudget"/>.</summary>
/// <remarks>
/// A refusal is a <see cref="CallRefusedException"/>. Else it throws what <see cref="IBudget"/> throws before a call, and what the provider's client throws after it.
/// A stream that is left is ended at its provider, and what went by is booked; of answers in one piece see <see cref="Whole"/>.
/// </remarks>
internal sealed class BudgetedChatClient(IChatClient inner, Opening opening, TimeProvider clock) : DelegatingChatClient(inner)
{
    private readonly Whole _whole = new(opening.MadeNothing, clock);

    public override async Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        var begun = await Begin(messages, options, cancellationToken);
        return await _whole.Make(
            begun.Call,
            patience => base.GetResponseAsync(begun.Messages, begun.Options, patience),
            answer =>
            {
                begun.Tally.Saw(answer);
                return begun.Tally.Used(isWhole: true);
            },
            (answer, settled) => answer.AdditionalProperties = BudgetNotes.Of(begun.Call, settled, answer.AdditionalProperties),
            cancellationToken);
    }

    public override async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var begun = await Begin(messages, options, cancellationToken);
        var stream = new Stream(begun, () => base.GetStreamingResponseAsync(begun.Messages, begun.Options, cancellationToken).GetAsyncEnumerator(cancellationToken));
        Receipt? settled = null;
        try
        {
            var isFirst = true;
            while (await stream.Next() is { } update)
            {
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
            settled = await stream.End(opening.MadeNothing);
        }

        yield return new ChatResponseUpdate { AdditionalProperties = BudgetNotes.Of(begun.Call, settled, null) };
    }

    private async Task<Begun> Begin(IEnumerable<ChatMessage> messages, ChatOptions? asked, CancellationToken cancellation)
    {
        List<ChatMessage> said = [.. messages];
        var sent = asked?.Clone() ?? new ChatOptions();
        var model = opening.Model(sent.ModelId, this.GetService<ChatClientMetadata>()?.DefaultModelId);
        var wording = Wording.Of(model, said, sent, opening.Options.TakesRawOptions);
        if (wording.Unpriced is { } unpriced)
        {
            throw opening.Unpriced(unpriced);
        }

        var outline = new CallOutline(
            model, Math.Min(wording.Text, TokenUsage.Most), Math.Min(wording.Pictures, TokenUsage.Most), wording.IsOpenEnded, HasWindow: true, sent.MaxOutputTokens, Choices: 1, Images: 0, default, default);
        var call = await opening.Begin(outline, sent.AdditionalProperties, cancellation);
        sent.MaxOutputTokens = call.OutputTokens is { } most ? (int)Math.Min(most, int.MaxValue) : sent.MaxOutputTokens;
        var isSeen = sent.Reasoning?.Effort == ReasoningEffort.None || (sent.Reasoning is null && ModelTraits.ThinksOnlyWhenAsked(model));
        return new Begun(call, new Tally(call.Bound, isSeen), said, sent);
    }

    /// <summary>A call that has its hold.</summary>
    private sealed record Begun(ModelCall Call, Tally Tally, List<ChatMessage> Messages, ChatOptions Options);

    /// <summary>Reads a stream, and knows what became of it.</summary>
    private sealed class Stream(Begun begun, Func<IAsyncEnumerator<ChatResponseUpdate>> open)
    {
        private IAsyncEnumerator<ChatResponseUpdate>? _updates;
        private Exception? _failure;
        private bool _isWhole;
        private bool _hasBegun;

        /// <summary>Null: that was all.</summary>
        public async ValueTask<ChatResponseUpdate?> Next()
        {
            try
            {
                _updates ??= open();
                _isWhole = !await _updates.MoveNextAsync();
            }
            catch (Exception e)
            {
                _failure = e;
                throw;
            }

            if (_isWhole)
            {
                return null;
            }

            _hasBegun = true;
            begun.Tally.Saw(_updates.Current);
            return _updates.Current;
        }

        /// <summary>Whatever comes of ending it, the call ends.</summary>
        public async ValueTask<Receipt?> End(Func<Exception, bool> madeNothing)
        {
            Receipt? settled;
            try
            {
                await (_updates?.DisposeAsync() ?? default);
            }
            catch (Exception) when (_failure is not null)
            {
                // Whoever reads is told why it broke off, not how it ended then.
            }
            finally
            {
                settled = await (_failure is { } failure && !_hasBegun && madeNothing(failure) ? begun.Call.Release()
                    : begun.Tally.Used(_isWhole) is { } usage ? begun.Call.Settle(usage)
                    : begun.Call.SettleAll());
            }

            return settled;
        }
    }
}
