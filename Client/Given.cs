namespace Budgets.Client;

/// <summary>What callers may give, and what they are told when it cannot be asked. The bounds are those of the REST API.</summary>
internal static class Given
{
    /// <exception cref="ArgumentException">It cannot be a key.</exception>
    public static IdempotencyKey? Key(IdempotencyKey? key) =>
        key is null || IdempotencyKey.IsWellFormed(key.Value.Value) ? key : throw new ArgumentException($"An idempotency key {IdempotencyKey.Form}.", nameof(key));

    /// <exception cref="ArgumentOutOfRangeException">It is negative, or more than one request may carry.</exception>
    public static Money Amount(Money amount) => amount >= Money.Zero && amount <= Money.MaxPerRequest
        ? amount
        : throw new ArgumentOutOfRangeException(nameof(amount), amount, $"An amount is from 0 to {Money.MaxPerRequest} dollars.");

    /// <exception cref="ArgumentOutOfRangeException">It is not whole seconds, or too few or too many.</exception>
    public static int Seconds(TimeSpan time, string name) => time.Ticks % TimeSpan.TicksPerSecond == 0 && time.TotalSeconds is >= 1 and <= HoldRequest.MaxTtlSeconds
        ? (int)time.TotalSeconds
        : throw new ArgumentOutOfRangeException(name, time, $"Must be whole seconds from 1 to {HoldRequest.MaxTtlSeconds}.");

    /// <exception cref="ArgumentException">It is no reservation's id.</exception>
    public static HoldId Reservation(HoldId reservation) => HoldId.IsWellFormed(reservation.Value)
        ? reservation
        : throw new ArgumentException($"'{reservation}' is not a reservation's id: '{HoldId.Prefix}' and 20 base62 characters.", nameof(reservation));

    /// <exception cref="ArgumentException">It is no approval's id.</exception>
    public static ApprovalId? Approval(ApprovalId? approval) => approval is null || ApprovalId.IsWellFormed(approval.Value.Value)
        ? approval
        : throw new ArgumentException($"'{approval}' is not an approval's id.", nameof(approval));

    /// <exception cref="ArgumentException">There is no model, or a count is out of range.</exception>
    public static CallOutline Call(CallOutline call) => Fault("Model", call.Model, Budgets.Purpose.MaxModelLength) is { } fault
        ? throw new ArgumentException($"{fault}.", nameof(call))
        : IsCount(call.TextTokens) && IsCount(call.PictureTokens) && IsCount(call.OutputTokens ?? 0) && IsCount(call.Images) && call.Choices is >= 1 and <= TokenUsage.Most
            ? call
            : throw new ArgumentException($"Counts are from 0 to {TokenUsage.Most}, and there is a choice at least.", nameof(call));

    private static bool IsCount(long count) => count is >= 0 and <= TokenUsage.Most;

    /// <exception cref="ArgumentException">A text is too long or has control characters, there are too many tags, or a count is out of range.</exception>
    public static Purpose Purpose(Purpose? purpose)
    {
        if (purpose is null)
        {
            return Budgets.Purpose.None;
        }

        return Fault(purpose) is { } fault ? throw new ArgumentException($"{fault}.", nameof(purpose)) : purpose;
    }

    private static string? Fault(Purpose purpose)
    {
        var tags = purpose.Tags.IsDefault ? [] : purpose.Tags;
        return Fault("Model", purpose.Model, Budgets.Purpose.MaxModelLength)
            ?? Fault("Operation", purpose.Operation, Budgets.Purpose.MaxOperationLength)
            ?? Fault("PromptHash", purpose.PromptHash, Budgets.Purpose.MaxPromptHashLength)
            ?? (tags.Length > Budgets.Purpose.MaxTags ? $"Tags must be {Budgets.Purpose.MaxTags} at most" : null)
            ?? tags.Select(tag => Fault("Tags", tag ?? "", Budgets.Purpose.MaxTagLength)).FirstOrDefault(f => f is not null)
            ?? (purpose.Usage is { IsInRange: false } ? $"Usage must have counts from 0 to {TokenUsage.Most}" : null);
    }

    private static string? Fault(string field, string? text, int max) => text is not null && Texts.FaultOf(text, max) is { } fault ? $"{field} {fault}" : null;
}
