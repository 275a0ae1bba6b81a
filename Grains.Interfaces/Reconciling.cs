using System.Collections.Immutable;

namespace Budgets;

/// <summary>What a provider says of one model on one day. Counts that it does not tell are null.</summary>
[GenerateSerializer, Immutable, Alias("Budgets.BilledUsage")]
public sealed record BilledUsage(string Model, DateOnly Date, Money Cost, long? InputTokens = null, long? OutputTokens = null);

/// <param name="Source">The provider whose figures they are; null: those whose models are named.</param>
/// <param name="Key">Null: nothing is booked.</param>
[GenerateSerializer, Immutable, Alias("Budgets.ReconcileRequest")]
public sealed record ReconcileRequest(string By, string? Source, ImmutableArray<BilledUsage> Billed, IdempotencyKey? Key = null)
{
    public const int MostRows = 1_000;

    /// <summary>From the day before today back: what is older is not corrected any more.</summary>
    public const int MostDays = 60;
}

/// <summary>One model on one day, as it was booked and as it was billed.</summary>
/// <param name="Model">As it was booked; as it was billed, where it was not booked at all.</param>
[GenerateSerializer, Immutable, Alias("Budgets.Drift")]
public sealed record Drift(
    string Model, DateOnly Date, Money Booked, Money Billed, long BookedInput, long? BilledInput, long BookedOutput, long? BilledOutput)
{
    public Money Difference => Billed - Booked;
}

/// <summary>One line of a correction: what is booked on top.</summary>
/// <param name="Booked">What was booked before.</param>
[GenerateSerializer, Immutable, Alias("Budgets.Correction")]
public sealed record Correction(string Model, DateOnly Date, Money Booked, Money Amount, long InputTokens, long OutputTokens);

public enum ReconcileResult
{
    Done = 0,
    AgentUnknown,
    KeyReused,

    /// <summary>A row is of a day that is not over, or too long ago.</summary>
    OutOfDays,

    /// <summary>Less was paid than was booked, and the parent has counted it: that is not taken back.</summary>
    BelowAnother,
    TooLarge,
}

/// <param name="Drift">Of every model and day that either side knows; after a correction, what was corrected.</param>
/// <param name="Entry">The seq of the correction; null: nothing was booked.</param>
[GenerateSerializer, Immutable, Alias("Budgets.ReconcileOutcome")]
public sealed record ReconcileOutcome(ReconcileResult Result, string TimeZone, ImmutableArray<Drift> Drift, long? Entry = null, bool Replayed = false);
