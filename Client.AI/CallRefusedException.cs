using System.Collections.Immutable;

namespace Budgets.Client.AI;

/// <summary>The budget did not admit a call to a model. It was not made, and nothing was spent.</summary>
public sealed class CallRefusedException : Exception
{
    public CallRefusedException(Refused refused)
        : base($"The call was not made: {Sentence(refused)}") => Refused = refused;

    /// <summary>Whose budget refused, by which limit, with every figure, and what can be done about it.</summary>
    public Refused Refused { get; }

    /// <summary>What would fit into the rest, of the model asked for and of cheaper ones. Empty: nothing is known about that.</summary>
    public ImmutableArray<Affordable> Affordable => Refused.Affordable.IsDefault ? [] : Refused.Affordable;

    private static string Sentence(Refused refused) => refused.Sentence
        + (refused.Affordable.IsDefaultOrEmpty ? ""
            : refused.Affordable.FirstOrDefault(a => a.MaxOutputTokens > 0) is { } offer ? $" With this input {offer.MaxOutputTokens} output tokens of {offer.Model} would fit."
            : " Nothing of this input fits into what is left.");
}
