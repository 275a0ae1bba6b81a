using Budgets.Ledger;

namespace Budgets.Tests.Trees;

/// <summary>Somebody has asked, and was not answered yet.</summary>
/// <param name="amount">What he asks for, or what an end frees.</param>
internal sealed class Asking(AgentId agent, Money amount)
{
    public AgentId Agent { get; } = agent;

    public Money Amount { get; } = amount;

    /// <summary>Of a charge or a hold; null: of an end.</summary>
    public Digest? Key { get; init; }

    /// <summary>The reservation that it ends.</summary>
    public HoldId? Ends { get; init; }

    /// <summary>At some instant since it was asked, an ancestor's money was not enough for it, whatever others asked for.</summary>
    public bool WasShort { get; set; }

    /// <summary>At some instant since it was asked, no ancestor's money was enough for it and those who asked at the same time.</summary>
    public bool CouldBeRefused => WasShort || Doubts.Count > 0;

    public bool WasAdmitted { get; set; }

    /// <summary>Instants at which the money was enough for it alone, and not for all who asked.</summary>
    public List<Doubt> Doubts { get; } = [];
}

/// <summary>The money of one ancestor was enough for one who asked, and not for the others, too.</summary>
/// <param name="Left">What it would have left to the others.</param>
/// <param name="Others">Who was asking then, and had not been given it yet.</param>
internal sealed record Doubt(AgentId Ancestor, Money Left, IReadOnlyList<Asking> Others);

/// <summary>
/// "A refusal only if the money was not there": at some instant between question and answer, what was spent and set aside somewhere up the chain, and what those who asked
/// at the same time were given in the end, left less than was asked for. Who the money went to is known at the end only.
/// </summary>
internal sealed class Refusals(Func<AgentId, IEnumerable<AgentId>> chain)
{
    private readonly List<Asking> _pending = [];
    private readonly List<(Asking Refused, string How)> _refused = [];
    private IReadOnlyList<Asking> _unbooked = [];

    public int Pending => _pending.Count;

    public void Begin(Asking asking) => _pending.Add(asking);

    public void End(Asking asking) => _pending.Remove(asking);

    public void Refused(Asking asking, string how)
    {
        if (!asking.WasShort)
        {
            _refused.Add((asking, how));
        }
    }

    /// <summary>Looks at one instant.</summary>
    /// <param name="isBooked">Whether what was asked for is in its budget's books already.</param>
    /// <param name="left">What an ancestor has left for everybody, of the limit that leaves least; null: no limit.</param>
    public void Look(Func<Asking, bool> isBooked, Func<AgentId, Money?> left)
    {
        var unbooked = _pending.Where(p => !isBooked(p)).ToList();
        if (!unbooked.SequenceEqual(_unbooked))
        {
            _unbooked = unbooked;
        }

        // What an end frees can be counted on once it was answered.
        var (asked, freed) = (new Dictionary<AgentId, Money>(), new Dictionary<AgentId, Money>());
        foreach (var p in _unbooked)
        {
            var sums = p.Key is null ? freed : asked;
            foreach (var ancestor in chain(p.Agent))
            {
                sums[ancestor] = sums.GetValueOrDefault(ancestor) + p.Amount;
            }
        }

        foreach (var p in _pending.Where(p => p.Key is not null && !p.WasShort))
        {
            foreach (var ancestor in chain(p.Agent))
            {
                if (left(ancestor) is not { } all)
                {
                    continue;
                }

                var rest = all - freed.GetValueOrDefault(ancestor) - p.Amount;
                p.WasShort |= rest < Money.Zero;
                if (rest < asked.GetValueOrDefault(ancestor) - p.Amount && !(p.Doubts.Count > 0 && p.Doubts[^1] is var last && last.Ancestor == ancestor && last.Left == rest && last.Others == _unbooked))
                {
                    p.Doubts.Add(new Doubt(ancestor, rest, _unbooked));
                }
            }
        }
    }

    /// <summary>The refusals that nothing speaks for, once everybody has been answered.</summary>
    public IEnumerable<string> Unfounded() => _refused.Where(r => !r.Refused.Doubts.Any(d => IsFounded(r.Refused, d))).Select(r => r.How);

    private bool IsFounded(Asking refused, Doubt doubt) => doubt.Others
        .Where(o => o != refused && o.WasAdmitted && o.Key is not null && chain(o.Agent).Contains(doubt.Ancestor))
        .Aggregate(Money.Zero, (sum, o) => sum + o.Amount) > doubt.Left;
}
