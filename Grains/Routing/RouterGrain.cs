using System.Collections.Immutable;
using Budgets.Journal;
using Budgets.Ledger;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Concurrency;
using Orleans.Runtime;

namespace Budgets.Routing;

/// <summary>The doorman of what a tree has learnt of models.</summary>
[Reentrant]
[GrainType("router")]
internal sealed partial class RouterGrain : Grain, IRouterGrain
{
    private readonly Keeper<RoutingState, RoutingEvent> _journal;
    private readonly Dictionary<HoldId, Task<RatingOutcome>> _underWay = [];
    private readonly TimeProvider _clock;
    private readonly ILogger<RouterGrain> _log;

    public RouterGrain(IJournalStore store, [FromKeyedServices("Budgets")] TimeProvider clock, ILogger<RouterGrain> log)
    {
        var root = new AgentId(this.GetPrimaryKeyString());
        _journal = new(store.Open($"routing/{root}"), RoutingCodec.Instance, new RoutingState(root), $"what the agents of {root} have learnt of models", Fenced);
        (_clock, _log) = (clock, log);
    }

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        if (await _journal.Recover(cancellationToken) is { } fault)
        {
            LogUnreadable(_log, fault, _journal.State.Root);
        }
    }

    public ValueTask<ImmutableArray<ImmutableArray<string>>> Choose(ImmutableArray<RouteQuestion> questions)
    {
        _journal.Trustworthy();
        return ValueTask.FromResult<ImmutableArray<ImmutableArray<string>>>([.. questions.Select(q => Choosing.Of(_journal.State, q))]);
    }

    public async Task<RatingOutcome> Rate(RatingRequest rating)
    {
        _journal.Ready(_underWay.Count);
        while (_underWay.TryGetValue(rating.Call, out var before))
        {
            // Whoever is first counts; if it came to nothing, this one may.
            await ((Task)before).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        }

        var rated = First(rating);
        _underWay[rating.Call] = rated;
        try
        {
            return await rated;
        }
        finally
        {
            _underWay.Remove(rating.Call);
        }
    }

    private async Task<RatingOutcome> First(RatingRequest rating)
    {
        if (await Rated(rating.Call) is { } before)
        {
            return new RatingOutcome(before.Quality == rating.Quality ? RatingResult.Repeated : RatingResult.RatedBefore, before.Quality);
        }

        _journal.Ready();
        _journal.Record([new CallRated(_clock.GetUtcNow(), rating.Call, rating.By, rating.Job.Operation, rating.Job.Complexity, rating.Model, rating.Quality)]);
        return await _journal.Flush() is var flushed and not Flushed.Durable
            ? throw Keeper<RoutingState, RoutingEvent>.Failure(flushed, wrote: true)
            : new RatingOutcome(RatingResult.Taken, rating.Quality);
    }

    /// <summary>What was said of a call before, however long ago.</summary>
    private async Task<CallRated?> Rated(HoldId call)
    {
        if (await _journal.Journal.Find(Digest.Of(call), CancellationToken.None) is not { } seq)
        {
            return null;
        }

        var linked = await _journal.Journal.ReadAt(seq, CancellationToken.None);
        return linked is not null && seq <= linked.Row.LastSeq && HashChain.Follows(linked.Before, linked.Row)
            && RoutingCodec.Instance.DecodeOne(linked.Row.Events, (int)(seq - linked.Row.FirstSeq)) is CallRated rated && rated.Call == call
            ? rated
            : throw new JournalCorruptException($"The rating of {call} is not where it was written.");
    }

    private void Fenced(Exception? error)
    {
        LogFenced(_log, error, _journal.State.Root);
        DeactivateOnIdle();
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "What the agents of {Root} have learnt of models could not be read.")]
    private static partial void LogUnreadable(ILogger log, Exception exception, AgentId root);

    [LoggerMessage(Level = LogLevel.Warning, Message = "What the agents of {Root} learn of models could not be written; it is read anew.")]
    private static partial void LogFenced(ILogger log, Exception? exception, AgentId root);
}
