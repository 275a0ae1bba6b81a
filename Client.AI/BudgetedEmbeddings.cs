using System.Text;
using Microsoft.Extensions.AI;

namespace Budgets.Client.AI;

/// <summary>The same for embeddings of texts: no output, and many inputs at once. See <see cref="AgentBudgetExtensions"/>.</summary>
internal sealed class BudgetedEmbeddings<TEmbedding>(IEmbeddingGenerator<string, TEmbedding> inner, Opening opening, TimeProvider clock)
    : DelegatingEmbeddingGenerator<string, TEmbedding>(inner)
    where TEmbedding : Embedding
{
    /// <summary>What a provider puts around each text: more than any was seen to.</summary>
    private const long Frame = 16;

    private readonly Whole _whole = new(opening.MadeNothing, clock);

    public override async Task<GeneratedEmbeddings<TEmbedding>> GenerateAsync(
        IEnumerable<string> values, EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        List<string> texts = [.. values];
        var sent = options?.Clone() ?? new EmbeddingGenerationOptions();
        if (sent.RawRepresentationFactory is not null && !opening.Options.TakesRawOptions)
        {
            throw opening.Unpriced(Wording.Raw);
        }

        var outline = new CallOutline(
            opening.Model(sent.ModelId, this.GetService<EmbeddingGeneratorMetadata>()?.DefaultModelId), Math.Min(texts.Sum(t => Encoding.UTF8.GetByteCount(t) + Frame), TokenUsage.Most),
            PictureTokens: 0, IsOpenEnded: false, HasWindow: false, OutputTokens: 0, Choices: 1, Images: 0, default, default);
        var call = await opening.Begin(outline, sent.AdditionalProperties, cancellationToken);
        return await _whole.Make(
            call,
            patience => base.GenerateAsync(texts, sent, patience),
            made => made.Usage?.InputTokenCount is >= 0 and <= TokenUsage.Most and var input ? new TokenUsage(input) : null,
            (made, settled) => made.AdditionalProperties = BudgetNotes.Of(call, settled, made.AdditionalProperties),
            cancellationToken);
    }
}
