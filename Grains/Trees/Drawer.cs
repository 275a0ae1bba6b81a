using System.Collections.Immutable;
using Budgets.Ledger;

namespace Budgets.Trees;

/// <summary>A node that draws on the one above it: a child's budget on its parent's tree, a tree on its parent's budget.</summary>
internal interface ITaker
{
    ImmutableArray<Draw> Draws { get; }

    DateTimeOffset Now { get; }

    void Record(Asked asked);

    void Record(Answered answered);

    /// <summary>Completes when everything recorded is durable: only then may it be said.</summary>
    ValueTask Durable();

    /// <summary>Says it one level up.</summary>
    ValueTask<DrawAnswer> Tell(DrawReport report);
}

/// <summary>Asks for money one level up, tells what was spent, gives back what is not needed.</summary>
/// <remarks>
/// One request for more is under way at a time; who comes meanwhile shares the next one. It asks ahead of the need, twice as much each time
/// while it spends fast and money is plenty, half as much when it spends slowly, so that a busy child seldom asks.
/// </remarks>
internal sealed partial class Drawer(ITaker taker)
{
    /// <summary>An answer can be overtaken by a recall, or a window can end meanwhile: then it is asked again. More often than this is no coincidence.</summary>
    private const int MostTries = 64;

    private const int LeastAhead = 8;
    private const int MostAhead = 8_192;

    // A draw is meant to last for some four to eight seconds of spending.
    private static readonly TimeSpan Fast = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan Slow = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan Moment = TimeSpan.FromSeconds(1);

    private TaskCompletionSource<DrawAnswer>? _next;
    private List<Turn> _waiting = [];
    private Wanted _wanted;
    private Task _asking = Task.CompletedTask;
    private DrawReport? _asked;
    private int _inTurn;
    private int _answered;
    private TaskCompletionSource? _taken;
    private int _ahead = LeastAhead;
    private DateTimeOffset _askedAt;
    private (long Number, Money Spent, Money Held) _atLastBeat;

    /// <summary>Asks for room for an amount. Accepted: there was room, and whoever is quick has it.</summary>
    /// <exception cref="OverloadedException">The draw is fought over.</exception>
    public Task<DrawAnswer> More(Wanted wanted, Turn turn)
    {
        turn.Begin();
        _waiting.Add(turn);
        _next ??= new TaskCompletionSource<DrawAnswer>();
        _wanted = _wanted.And(wanted);
        var answer = _next.Task;
        if (_asking.IsCompleted)
        {
            _asking = AskInTurn();
        }

        return answer;
    }

    /// <summary>Every few seconds: what was spent goes up; what a taker does not need that has done nothing since the last beat goes back.</summary>
    public async ValueTask Beat()
    {
        if (taker.Draws is [.., var newest])
        {
            var now = (newest.Number, newest.Spent, newest.Held);
            var isIdle = now == _atLastBeat;
            _atLastBeat = now;
            await Tell(isIdle);
        }
    }

    /// <summary>
    /// Tells what was spent since the last report; gives back what is not needed if the taker idles, money is short, or the draw is over.
    /// A report that does not arrive is made up for by a later one.
    /// </summary>
    public async ValueTask Tell(bool isIdle)
    {
        foreach (var number in taker.Draws.Select(d => d.Number))
        {
            if (number == taker.Draws[^1].Number)
            {
                // Who asks for more tells everything else too, and may need what would be given back.
                await _asking;
            }

            if (taker.Draws.Find(number) is { IsAtRest: false } draw)
            {
                await TellUnlessLost(draw, isIdle);
            }
        }
    }

    /// <summary>
    /// Gives back all that is not needed, and promises to go on like that. The reports are for the caller, once they are durable.
    /// What is asked for meanwhile stands: else the recall that somebody's need has begun would be the end of his asking.
    /// </summary>
    /// <param name="said">By the same recall before.</param>
    public async ValueTask<ImmutableArray<DrawReport>> Recall(ImmutableArray<DrawReport> said = default)
    {
        // An answer is for those who have asked. What is taken from them before they have had their turn may be more than is needed where it goes, and their refusal was of the rest only.
        while (_answered > 0)
        {
            await (_taken ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }

        return
        [
            .. taker.Draws.Where(d => MayNeedTelling(d) && (said.IsDefault || !said.Any(s => s.Number == d.Number && s.Version == d.Version && s.Spent == d.Spent && s.Held == d.Held)))
                .Select(d => Write(d, d.Used, isRecall: true)),
        ];
    }

    /// <summary>Not what the giver has confirmed: that there is no rest, and none will be kept.</summary>
    private static bool MayNeedTelling(Draw d) =>
        d.Room > Money.Zero || (!d.IsExact && d.Granted > d.Spent) || d.Confirmed < d.Version || d.Told != d.Spent;

    private async Task AskInTurn()
    {
        while (_next is { } waiting)
        {
            var (wanted, turns) = (_wanted, _waiting);
            (_next, _wanted, _waiting) = (null, default, []);
            try
            {
                waiting.SetResult(await Ask(wanted, turns));
            }
            catch (Exception e)
            {
                waiting.SetException(e);
            }

            if (_next is null && Rest is { } rest)
            {
                await TellUnlessLost(rest);
            }
        }
    }

    /// <summary>Money is short above, and nobody here has use for it.</summary>
    private Draw? Rest => _inTurn == 0 && taker.Draws is [.., { IsExact: true, Room.Nanos: > 0 } rest] ? rest : null;

    private async Task GiveBack(Draw rest)
    {
        await TellUnlessLost(rest);
        await AskInTurn();
    }

    private async ValueTask TellUnlessLost(Draw draw, bool isIdle = false)
    {
        var givesBack = ((isIdle || draw.IsExact) && _inTurn == 0) || draw.IsOver(taker.Now);
        if (givesBack || draw.Confirmed < draw.Version || draw.Told != draw.Spent)
        {
            var kept = givesBack ? draw.Used : Money.Max(draw.Granted, draw.Used);
            try
            {
                Hear(await Say(Write(draw, kept)));
            }
            catch (Exception e) when (e is not JournalCorruptException)
            {
                TreeMetrics.Untold(e);
            }
        }
    }

    private async ValueTask<DrawAnswer> Ask(Wanted wanted, List<Turn> turns)
    {
        Pace();
        for (var tries = 0; tries < MostTries; tries++)
        {
            var draw = taker.Draws.At(taker.Now);
            var kept = Money.Max(draw.Granted, draw.Used);
            var ahead = draw.IsExact ? Money.Zero
                : new Money((long)Math.Min(Math.Max((decimal)wanted.Need.Nanos * _ahead, (decimal)wanted.Ahead.Nanos * _ahead / LeastAhead), Money.MaxPerRequest.Nanos));
            _asked = Write(draw, kept, wanted with { Ahead = ahead });
            DrawAnswer answer;
            try
            {
                answer = await Say(_asked);
            }
            finally
            {
                _asked = null;
            }

            if (Hear(answer) && !answer.IsOver)
            {
                _ahead = answer.IsExact ? LeastAhead : _ahead;
                turns.ForEach(t => t.Answered());
                return answer;
            }
        }

        throw new OverloadedException("What was set aside for this was taken back again and again.");
    }

    private void Pace()
    {
        var since = taker.Now - _askedAt;
        _askedAt = taker.Now;
        _ahead = since < Fast ? Math.Min(_ahead * 2, MostAhead) : since > Slow ? Math.Max(_ahead / 2, LeastAhead) : _ahead;
    }

    private async ValueTask<DrawAnswer> Say(DrawReport report)
    {
        await taker.Durable();
        return await taker.Tell(report);
    }

    private DrawReport Write(Draw draw, Money kept, Wanted wanted = default, bool isRecall = false)
    {
        var need = Money.Max(kept, draw.Used + wanted.Need);
        var want = need + wanted.Ahead;
        taker.Record(new Asked(draw.Number, draw.Version + 1, kept, need, want, isRecall));
        return new DrawReport(
            draw.Number, draw.Version + 1, draw.Spent, draw.Held, kept, need, want, draw.IsExact || isRecall,
            draw.Used + wanted.Least, isRecall && _asked?.Number == draw.Number ? _asked.Version : 0);
    }

    /// <summary>False: the answer is to something that was said before, and what it grants may be gone.</summary>
    private bool Hear(DrawAnswer answer)
    {
        if (taker.Draws.Find(answer.Number) is not { } draw || draw.Version != answer.Version || draw.Confirmed == answer.Version)
        {
            return false;
        }

        taker.Record(new Answered(answer.Number, answer.Version, answer.Granted, Ends(answer, taker.Now), answer.IsExact));
        return true;
    }

    /// <summary>
    /// The giver says whether its window has ended; the clocks of two silos need not agree. What it grants after the end by this clock can be
    /// used for a moment, and is set aside in the giver's window whenever it is spent.
    /// </summary>
    private static DateTimeOffset? Ends(DrawAnswer answer, DateTimeOffset now) =>
        answer.IsOver ? answer.ValidUntil <= now ? answer.ValidUntil : now
        : answer.ValidUntil <= now ? now + Moment : answer.ValidUntil;
}
