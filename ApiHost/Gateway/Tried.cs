namespace Budgets.ApiHost.Gateway;

/// <summary>A model that a call was made of, and paid for.</summary>
/// <param name="Settled">Null: it is not booked yet.</param>
/// <param name="Fault">Why another was to be called; null: its answer is what there is.</param>
internal sealed record Tried(Asking Asking, Held Held, Receipt? Settled, string? Fault)
{
    /// <summary>Null: it is not booked yet.</summary>
    public Money? Cost => Settled is null ? null : Settled.Kind == EntryKind.Settle ? Settled.Amount : Money.Zero;
}
