using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;

namespace Budgets.Client;

/// <summary>How a request ended: accepted, with what came of it, or refused, with the reason.</summary>
public sealed class Answer<T>
    where T : class
{
    private readonly T? _accepted;

    /// <param name="replayed">True: the request had been accepted before, and this is that first answer.</param>
    public Answer(T accepted, bool replayed = false) => (_accepted, Replayed) = (accepted, replayed);

    public Answer(Refused refused) => Refused = refused;

    /// <summary>Null: accepted.</summary>
    public Refused? Refused { get; }

    public bool Replayed { get; }

    public Outcome Outcome => Refused?.Outcome ?? Outcome.Accepted;

    /// <summary>What came of it.</summary>
    /// <exception cref="InvalidOperationException">It was refused; look at <see cref="Refused"/> first.</exception>
    public T Accepted => _accepted ?? throw new InvalidOperationException($"The request was refused, look at Refused first: {Refused!.Sentence}");

    /// <summary>Both ways at once: <c>if (!answer.IsAccepted(out var receipt, out var refused)) …</c></summary>
    public bool IsAccepted([NotNullWhen(true)] out T? accepted, [NotNullWhen(false)] out Refused? refused)
    {
        (accepted, refused) = (_accepted, Refused);
        return accepted is not null;
    }
}

/// <summary>Why a request was refused. It had no effect, and the same key may ask again.</summary>
/// <param name="Outcome">Anything but accepted; docs/outcomes.md says which may be asked again, and when.</param>
/// <param name="Agent">Whose request it was.</param>
/// <param name="Figures">Whose budget refused, by which limit, with every figure; null for refusals that are not about money.</param>
/// <param name="Affordable">Of a call to a model: what the rest would pay for. Default: nothing is known about that.</param>
public sealed record Refused(Outcome Outcome, AgentId Agent, Refusal? Figures, ImmutableArray<Affordable> Affordable = default)
{
    /// <summary>For people.</summary>
    public string Sentence => Explaining.Sentence(Outcome, Figures);

    /// <summary>For programs: what can be done about it.</summary>
    public WaysOn HowToContinue => Explaining.Ways(Outcome, Figures);
}
