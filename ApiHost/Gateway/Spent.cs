namespace Budgets.ApiHost.Gateway;

/// <summary>What a call has come to.</summary>
internal abstract record Spent
{
    /// <summary>The provider made nothing, and says so or could not be reached.</summary>
    public sealed record Nothing : Spent;

    /// <summary>As the provider told it, or as it was counted here because it did not.</summary>
    /// <param name="IsTold">All of it was, with a whole answer.</param>
    /// <param name="Model">That answered, as the provider calls it.</param>
    public sealed record Used(TokenUsage Usage, bool IsTold = false, string? Model = null) : Spent;

    /// <summary>Nobody knows: as much as it can have been.</summary>
    public sealed record AllHeld : Spent;
}
