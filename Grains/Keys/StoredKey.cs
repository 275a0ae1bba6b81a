namespace Budgets.Keys;

/// <summary>What is stored of one key: the state "key" of its grain. The member names are stored (tests/Keys pins them): add, never rename.</summary>
[GenerateSerializer, Alias("Budgets.Keys.StoredKey")]
internal sealed class StoredKey
{
    [Id(0)] public string Id { get; set; } = "";

    [Id(1)] public string Agent { get; set; } = "";

    /// <summary>The flags of <see cref="Budgets.Scopes"/> as a number.</summary>
    [Id(2)] public int Scopes { get; set; }

    [Id(3)] public string Hint { get; set; } = "";

    [Id(4)] public string? Label { get; set; }

    [Id(5)] public DateTimeOffset CreatedAt { get; set; }

    [Id(6)] public DateTimeOffset? ExpiresAt { get; set; }

    [Id(7)] public DateTimeOffset? RevokedAt { get; set; }

    public static StoredKey Of(KeyRecord record) => new()
    {
        Id = record.Id.Value,
        Agent = record.Agent.Value,
        Scopes = (int)record.Scopes,
        Hint = record.Hint,
        Label = record.Label,
        CreatedAt = record.CreatedAt,
        ExpiresAt = record.ExpiresAt,
        RevokedAt = record.RevokedAt,
    };

    public KeyRecord ToRecord() => new(new KeyId(Id), new AgentId(Agent), (Scopes)Scopes, Hint, Label, CreatedAt, ExpiresAt, RevokedAt);
}

/// <summary>What is stored of one agent's keys, oldest first: the state "keyring". The member names are stored: add, never rename.</summary>
[GenerateSerializer, Alias("Budgets.Keys.StoredRing")]
internal sealed class StoredRing
{
    [Id(0)] public List<StoredRingEntry> Keys { get; set; } = [];
}

/// <summary>Where one key is: its id, to find it by, and its hash, which is its grain's key.</summary>
[GenerateSerializer, Immutable, Alias("Budgets.Keys.StoredRingEntry")]
internal sealed record StoredRingEntry([property: Id(0)] string Id, [property: Id(1)] string Hash);

/// <summary>The newest revocations: the state "revocations". The member names are stored: add, never rename.</summary>
[GenerateSerializer, Alias("Budgets.Keys.StoredRevocations")]
internal sealed class StoredRevocations
{
    /// <summary>Of all revocations ever announced.</summary>
    [Id(0)] public long Number { get; set; }

    /// <summary>The hashes of the newest, oldest first.</summary>
    [Id(1)] public List<string> Newest { get; set; } = [];
}
