using System.Collections.Immutable;
using CsCheck;

namespace Budgets.Tests.Model;

internal enum Verb
{
    Charge,
    Hold,
    Settle,
    Release,
    Extend,
    Repeat,
    Batch,
    Decide,
    Configure,
    Freeze,
    Unfreeze,
    Later,
    Earlier,
    Restart,
    Open,
    Close,
    Credit,
    Recharge,
    Resume,
    End,
}

/// <summary>One step of a sequence. What its numbers mean depends on what there is when it is taken: see <see cref="ModelRun"/>.</summary>
/// <param name="Amount">An amount of money, of <see cref="Amounts"/>.</param>
/// <param name="Pick">One of the holds, keys, limits or times.</param>
/// <param name="Form">How it is done.</param>
internal readonly record struct Step(Verb Verb, int Amount, int Pick, int Form)
{
    /// <summary>Whole nanos; the last three depend on what fits at the moment.</summary>
    public static readonly ImmutableArray<long> Amounts =
        [0, 1, 75_000, 500_000_000, 1_000_000_000, 2_000_000_000, 3_000_000_000, 5_000_000_000, 25_000_000_000, 999_999_999, 1_900_000_000_000_000_000, Fits, JustNot, Half];

    public const long Fits = -1, JustNot = -2, Half = -3;

    private const int Huge = 10;

    private static readonly Gen<Verb> Verbs = Gen.Frequency(
        (26, Verb.Charge), (20, Verb.Hold), (14, Verb.Settle), (6, Verb.Release), (5, Verb.Extend), (7, Verb.Repeat), (2, Verb.Batch), (4, Verb.Decide),
        (7, Verb.Configure), (1, Verb.Freeze), (5, Verb.Unfreeze), (16, Verb.Later), (2, Verb.Earlier), (2, Verb.Restart),
        (3, Verb.Credit), (1, Verb.Recharge), (1, Verb.Resume), (5, Verb.End));

    private static readonly Gen<int> AnyAmount = Gen.Frequency((300, (IGen<int>)Gen.Int[0, Huge - 1]), (1, Gen.Const(Huge)), (60, Gen.Int[Huge + 1, Huge + 3]));

    /// <summary>Lives that go on: much is admitted and little is changed, so that there is much to remember.</summary>
    public static Gen<Step[]> LongLives(int length)
    {
        var verbs = Gen.Frequency(
            (30, Verb.Charge), (20, Verb.Hold), (16, Verb.Settle), (2, Verb.Release), (2, Verb.Extend), (12, Verb.Repeat), (20, Verb.Batch), (6, Verb.Later), (1, Verb.Unfreeze), (1, Verb.Restart));
        return Gen.Select(verbs, Gen.Int[0, Huge - 1], Gen.Int[0, 999], Gen.Int[0, 63], (verb, amount, pick, form) => new Step(verb, amount, pick, form)).Array[length / 2, length];
    }

    /// <param name="length">Steps of the longest sequence. Closing ends a budget for good, so that half of the sequences at most come to it.</param>
    public static Gen<Step[]> Sequences(int length)
    {
        var verbs = Gen.Frequency((length, (IGen<Verb>)Verbs), (1, Gen.Const(Verb.Close)), (1, Gen.Const(Verb.Open)));
        return Gen.Select(verbs, AnyAmount, Gen.Int[0, 999], Gen.Int[0, 63], (verb, amount, pick, form) => new Step(verb, amount, pick, form)).Array[1, length];
    }
}
