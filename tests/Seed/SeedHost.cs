using Budgets.Tests.Http;

namespace Budgets.Tests.Seed;

/// <summary>A host of its own: the seed's dates are in February 2026.</summary>
public sealed class SeedHost : IAsyncLifetime
{
    public Api Api { get; } = new();

    public Task InitializeAsync()
    {
        Api.Clock.AdjustTime(new DateTimeOffset(2026, 2, 1, 9, 0, 0, TimeSpan.Zero));
        return Api.InitializeAsync();
    }

    public async Task DisposeAsync()
    {
        await Api.DisposeAsync();
        Api.Dispose();
    }
}
