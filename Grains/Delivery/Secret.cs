namespace Budgets.Delivery;

/// <summary>A webhook's signing secret, "whsec_" and base64: known to its journal and to the courier, and to nothing that prints.</summary>
public readonly record struct Secret(string Value)
{
    public override string ToString() => "(secret)";
}

/// <summary>A secret and how long it signs.</summary>
/// <param name="Until">Not any more from then on; null: as long as it is the newest.</param>
public sealed record Signing(Secret Secret, DateTimeOffset? Until = null);
