using Budgets.Tests;
using Xunit.Abstractions;

// More than processors: many tests wait most of their time, for timers of real processes or for an answer.
[assembly: CollectionBehavior(MaxParallelThreads = 4)]
[assembly: TestCollectionOrderer("Budgets.Tests.LongestFirst", "Budgets.Tests")]

namespace Budgets.Tests;

/// <summary>What measures time or memory, or takes the whole processor anyway, runs after all other tests, one at a time.</summary>
[CollectionDefinition(nameof(AloneOnTheMachine), DisableParallelization = true)]
public sealed class AloneOnTheMachine;

/// <summary>Clusters of processes, one at a time, beside other tests: they wait for silos to be missed and for retries, and their bounds are wide.</summary>
[CollectionDefinition(nameof(OneFleet))]
public sealed class OneFleet;

/// <summary>Hosts that are killed and started again, one at a time, beside other tests.</summary>
[CollectionDefinition(nameof(OneSiege))]
public sealed class OneSiege;

/// <summary>Hosts that are started for one question, one at a time, beside other tests.</summary>
[CollectionDefinition(nameof(OneHost))]
public sealed class OneHost;

/// <summary>Collections that take long begin first, so that none is left over alone at the end. The rest in the order of their names.</summary>
public sealed class LongestFirst : ITestCollectionOrderer
{
    public IEnumerable<ITestCollection> OrderTestCollections(IEnumerable<ITestCollection> testCollections) => testCollections
        .OrderByDescending(c => c.DisplayName is nameof(OneFleet) or nameof(OneSiege))
        .ThenByDescending(c => c.DisplayName.EndsWith(nameof(Model.ModelCheck), StringComparison.Ordinal))
        .ThenByDescending(c => c.CollectionDefinition is not null)
        .ThenBy(c => c.DisplayName, StringComparer.Ordinal);
}
