namespace Budgets;

/// <summary>The store could not be reached before anything was written: nothing happened. Safe to ask again.</summary>
[GenerateSerializer, Alias("Budgets.StoreUnavailableException")]
public sealed class StoreUnavailableException : Exception
{
    public StoreUnavailableException() { }

    public StoreUnavailableException(string message) : base(message) { }

    public StoreUnavailableException(string message, Exception innerException) : base(message, innerException) { }
}

/// <summary>An append failed in a way that leaves open whether it landed. Ask again with the same key.</summary>
[GenerateSerializer, Alias("Budgets.OutcomeUnknownException")]
public sealed class OutcomeUnknownException : Exception
{
    public OutcomeUnknownException() { }

    public OutcomeUnknownException(string message) : base(message) { }

    public OutcomeUnknownException(string message, Exception innerException) : base(message, innerException) { }

    public OutcomeUnknownException(string message, IdempotencyKey key, Exception innerException) : base(message, innerException) => Key = key;

    /// <summary>What to repeat the request with. Null: whoever asked knows it.</summary>
    [Id(0)]
    public IdempotencyKey? Key { get; private set; }
}

/// <summary>More requests wait for this budget than it takes at once. Nothing happened; ask again later.</summary>
[GenerateSerializer, Alias("Budgets.OverloadedException")]
public sealed class OverloadedException : Exception
{
    public OverloadedException() { }

    public OverloadedException(string message) : base(message) { }

    public OverloadedException(string message, Exception innerException) : base(message, innerException) { }
}

/// <summary>Stored history contradicts itself: the budget stays shut until a person has looked.</summary>
[GenerateSerializer, Alias("Budgets.JournalCorruptException")]
public sealed class JournalCorruptException : Exception
{
    public JournalCorruptException() { }

    public JournalCorruptException(string message) : base(message) { }

    public JournalCorruptException(string message, Exception innerException) : base(message, innerException) { }
}
