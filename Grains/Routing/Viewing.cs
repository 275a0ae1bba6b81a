using System.Collections.Immutable;

namespace Budgets.Routing;

/// <summary>What was learnt, as others see it.</summary>
internal static class Viewing
{
    public static ImmutableArray<JobView> Of(RoutingState state) =>
    [
        .. state.Practices.Reverse().Select(p => new JobView(
            p.Job, [.. p.Models.OrderByDescending(m => m.Weight).Select(m => new ModelQuality(m.Model, Math.Round(m.Mean, 4), Math.Round(m.Weight, 1)))])),
    ];
}
