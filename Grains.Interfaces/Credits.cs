using System.Collections.Immutable;

namespace Budgets;

/// <summary>Where money that comes into a wallet, or goes out of it other than by spending, is from. The names are stored.</summary>
public enum CreditSource
{
    /// <summary>Somebody says so.</summary>
    Manual = 0,

    /// <summary>Somebody has paid, outside of a recharge.</summary>
    Payment,

    /// <summary>An entry before this one was wrong; more or less. By the operator only.</summary>
    Correction,

    /// <summary>Money was given back to whoever paid it: less. By the operator only.</summary>
    Refund,
}

/// <summary>An entry in a wallet. The first one makes its agent prepaid for good.</summary>
/// <param name="By">Who says so, for the ledger.</param>
/// <param name="Amount">Above zero for <see cref="CreditSource.Manual"/> and <see cref="CreditSource.Payment"/>, below for a refund, not zero for a correction.</param>
[GenerateSerializer, Immutable, Alias("Budgets.CreditRequest")]
public sealed record CreditRequest(string By, Money Amount, CreditSource Source, string? Note, IdempotencyKey Key)
{
    public const int MaxNoteLength = 256;
}

/// <summary>A prepaid agent's money.</summary>
/// <param name="Balance">Below zero: more was spent than there was, by settlements above their holds or charges that were only recorded.</param>
/// <param name="Held">Of it, in open reservations and set aside for descendants.</param>
[GenerateSerializer, Immutable, Alias("Budgets.WalletView")]
public sealed record WalletView(Money Balance, Money Held)
{
    /// <summary>What can be spent.</summary>
    public Money Available => Balance - Held;
}

/// <summary>Three instants: with so many chances in a hundred it has happened by then. Null: not within what is foretold.</summary>
[GenerateSerializer, Immutable, Alias("Budgets.Chances")]
public readonly record struct Chances(DateTimeOffset? P10, DateTimeOffset? P50, DateTimeOffset? P90);

/// <summary>When a limit's window will have spent all of it, if before the window ends.</summary>
[GenerateSerializer, Immutable, Alias("Budgets.LimitForecast")]
public sealed record LimitForecast(LimitStanding Standing, Chances ExceededAt);

/// <summary>What is thought of an agent's spending to come, its descendants' included. Source: decision 18.</summary>
/// <param name="SpendPerHour">Of late, whatever the hour.</param>
/// <param name="DepletedAt">When the balance is gone; null: the agent is postpaid.</param>
/// <param name="IsCautious">Less than a week was seen: the bands are wide.</param>
[GenerateSerializer, Immutable, Alias("Budgets.ForecastView")]
public sealed record ForecastView(Money SpendPerHour, Chances? DepletedAt, ImmutableArray<LimitForecast> Limits, double BasedOnDays, bool IsCautious);
