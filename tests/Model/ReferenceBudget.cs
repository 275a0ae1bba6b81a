using System.Collections.Immutable;

namespace Budgets.Tests.Model;

/// <summary>The rules of a budget once more, the plain way: one thread, whole nanos, lists. Written from design.md and the docstrings, not from the ledger.</summary>
internal sealed partial class ReferenceBudget(AgentId agent)
{
    private static readonly LimitType[] Windowed = [LimitType.PerMinute, LimitType.Daily, LimitType.Weekly, LimitType.Monthly, LimitType.Total];

    private readonly Dictionary<string, (string Body, SpendOutcome Answer)> _answers = [];
    private readonly Dictionary<string, ReferenceHold> _holds = [];
    private readonly Dictionary<(LimitType Type, int Window), long> _spent = [];
    private ReferenceWindow[] _kept = [];
    private ReferenceWindow[] _windows = [];
    private DateTimeOffset _newest;
    private FreezeView? _keptFreeze;
    private FreezeView? _freeze;
    private readonly AlertSettings[] _layerAlerts = [AlertSettings.None, AlertSettings.None];
    private IsoDayOfWeek _weekStart;

    private AlertSettings Alerts => new(
        [.. _layerAlerts.SelectMany(a => a.Thresholds).Distinct().Order()], _layerAlerts.Select(a => a.EscalationEmail).LastOrDefault(e => e is not null));

    public bool Exists { get; private set; }

    public bool Closed { get; private set; }

    public string Zone { get; private set; } = "";

    public Limits[] Layers { get; } = [Limits.None, Limits.None];

    public DateTimeOffset Now { get; private set; }

    public IReadOnlyDictionary<string, ReferenceHold> Holds => _holds;

    /// <summary>Money and calls by the number of the daily window, and the local date of each.</summary>
    public IEnumerable<KeyValuePair<int, (long Cost, long Calls)>> Usage => _usage.Concat(_holds.Values.Where(IsAssumed).Select(h => KeyValuePair.Create(h.Windows[1], (h.Amount, 1L))));

    private readonly Dictionary<int, (long Cost, long Calls)> _usage = [];

    public Dictionary<int, DateOnly> Dates { get; } = [];

    public ReferenceWindow Window(LimitType type) => _windows[(int)type];

    /// <summary>Lets time pass without writing anything: only an accepted request makes it stay.</summary>
    public void At(DateTimeOffset clock)
    {
        Now = clock > _newest ? clock : _newest;
        _windows = [.. _kept.Select(w => w.Until <= Now ? w.Next(Now, Zone, _weekStart) : w)];
        _freeze = _keptFreeze?.ResumesAt <= Now ? null : _keptFreeze;
    }

    public SpendOutcome Spend(object request, DateTimeOffset clock)
    {
        var (key, body, amount) = request switch
        {
            ChargeRequest r => (r.Key.Value, (r with { Id = default, Key = default, Amount = Told(r.Amount, r.Price), Price = Asked(r.Price) }).ToString(), r.Amount),
            HoldRequest r => (r.Key.Value, (r with { Id = default, Key = default, Amount = Told(r.Amount, r.Price), Price = Asked(r.Price) }).ToString(), r.Amount),
            SettleRequest r => (r.Key?.Value, (r with { Key = null, Amount = Told(r.Amount, r.Price), Price = Asked(r.Price) }).ToString(), r.Amount),
            ReleaseRequest r => (r.Key?.Value, (r with { Key = null }).ToString(), Money.Zero),
            ExtendRequest r => (r.Key?.Value, (r with { Key = null }).ToString(), Money.Zero),
            CreditRequest r => (r.Key.Value, (r with { Key = default, By = "" }).ToString(), r.Amount),
            _ => throw new ArgumentException("Not a spending request.", nameof(request)),
        };
        if (key is not null && _answers.TryGetValue(key, out var first))
        {
            return first.Body == body ? first.Answer with { Replayed = true } : No(Outcome.IdempotencyKeyReused, amount);
        }

        var seconds = request switch { HoldRequest r => r.TtlSeconds, ExtendRequest r => r.ExtendSeconds, _ => 1 };
        if (request is CreditRequest credit ? !IsCredit(credit) : amount.Nanos < 0 || amount > Money.MaxPerRequest || seconds is < 1 or > 86_400)
        {
            return No(Outcome.OutOfRange, amount);
        }

        if (!Exists)
        {
            return No(Outcome.AgentUnknown, amount);
        }

        At(clock);
        _isWritten = false;
        var answer = request switch
        {
            CreditRequest r => Credit(r),
            ChargeRequest r => Charge(r),
            HoldRequest r => Hold(r),
            SettleRequest r => Settle(r, body),
            ReleaseRequest r => Release(r, body),
            ExtendRequest r => Extend(r),
            _ => throw new ArgumentException("Not a spending request.", nameof(request)),
        };
        if (answer.Receipt is not null && !answer.Replayed && key is not null)
        {
            _answers[key] = (body, answer);
        }

        if (_isWritten)
        {
            Recharge();
        }

        return answer;
    }

    // Of a priced request the price is not a part: another one makes it no other request.
    private static Money Told(Money amount, PriceTag? price) => price is null ? amount : default;

    private static PriceTag? Asked(PriceTag? price) => price is null ? null : new PriceTag(price.Requests);

    public Foresight Decide(Money amount, DateTimeOffset clock)
    {
        At(clock);
        var refused = amount > Money.MaxPerRequest ? Outcome.OutOfRange : !Exists ? Outcome.AgentUnknown : Closed ? Outcome.AgentClosed : Outcome.Accepted;
        if (refused != Outcome.Accepted)
        {
            return new Foresight(refused, new Refusal(agent, amount), Money.Zero, []);
        }

        return Refuses(amount) is { } no
            ? new Foresight(no.Outcome, no.Refusal, LargestThatFits, [])
            : new Foresight(Outcome.Accepted, null, LargestThatFits, Warnings(SpentNow(), amount.Nanos));
    }

    /// <summary>Null: no hard limit bounds it.</summary>
    public Money? LargestThatFits => _freeze is not null ? Money.Zero : Bounds()
        .Select(b => new Money(Math.Max(0, b.Type == LimitType.PerCall ? b.Limit : b.Limit - Spent(b.Type) - Held(b.Type))))
        .Concat(Available is { } available ? [new Money(Math.Max(0, available))] : [])
        .Cast<Money?>().Min();

    public ConfigureResult Govern(object request, DateTimeOffset clock)
    {
        if (request is OpenRequest open)
        {
            return Open(open, clock);
        }

        if (!Exists || (Closed && request is not Close))
        {
            return Exists ? ConfigureResult.AgentClosed : ConfigureResult.AgentUnknown;
        }

        At(clock);
        _isWritten = false;
        switch (request)
        {
            case RechargeRequest r:
                Set(r);
                break;
            case ResumeRequest r:
                Resume(r);
                break;
            case ConfigureRequest c when ReferenceConfiguration.Refuses(this, c) is { } no:
                return no;
            case ConfigureRequest c:
                Keep();
                Configure(c);
                break;
            case FreezeRequest f when _freeze is null or { By: "max_spend_per_minute" }:
                Keep();
                _keptFreeze = new FreezeView(f.Reason, f.By, Now, null);
                break;
            case Unfreeze when _freeze is not null:
                Keep();
                _keptFreeze = null;
                break;
            case Close when !Closed:
                Keep();
                (Closed, _keptFreeze) = (true, null);
                break;
        }

        if (_isWritten)
        {
            Recharge();
        }

        return ConfigureResult.Done;
    }

    public BudgetView? View(DateTimeOffset clock)
    {
        if (!Exists)
        {
            return null;
        }

        At(clock);
        var standings =
            from w in _windows
            from layer in (Layer[])[Layer.Above, Layer.Own]
            where Layers[(int)layer][w.Type] is not null && !(layer == Layer.Own && Layers[0].HardStop && Layers[0][w.Type] == Layers[1][w.Type])
            orderby w.Type, Layers[(int)layer][w.Type]!.Value.Nanos
            select Standing(w.Type, layer);
        return new BudgetView(
            agent, "", null, default, Closed, _freeze, Zone, _weekStart, Layers[0], Layers[1], Alerts, ImmutableSortedDictionary<string, string>.Empty, [.. standings], Balances(), _holds.Values.Count(IsOpen),
            Wallet: Balance is { } balance ? new WalletView(new Money(balance), new Money(Held(LimitType.Total))) : null);
    }

    public HoldStatus? StatusOf(string hold) => !_holds.TryGetValue(hold, out var h) ? null : h.Status == HoldStatus.Held && !IsOpen(h) ? h.BooksItself ? HoldStatus.Settled : HoldStatus.Expired : h.Status;

    private ConfigureResult Open(OpenRequest open, DateTimeOffset clock)
    {
        if (Exists)
        {
            return ConfigureResult.AgentExists;
        }

        (Exists, Zone, _weekStart, _newest) = (true, open.TimeZone, open.WeekStart, clock);
        _kept = [.. Windowed.Select(type => ReferenceWindow.First(type, clock, Zone, _weekStart))];
        At(clock);
        if (open.Budget is { } budget)
        {
            Configure(budget);
        }

        return ConfigureResult.Done;
    }

    private void Configure(ConfigureRequest c)
    {
        Layers[(int)c.Layer] = ReferenceConfiguration.Changed(Layers[(int)c.Layer], c);
        _layerAlerts[(int)c.Layer] = ReferenceConfiguration.Changed(_layerAlerts[(int)c.Layer], c);
        var (zone, weekStart) = (c.TimeZone ?? Zone, c.WeekStart ?? _weekStart);
        if (zone != Zone || weekStart != _weekStart)
        {
            (Zone, _weekStart) = (zone, weekStart);
            var unused = _answers.Count == 0;
            _kept = [.. _kept.Select(w => w.Recut(unused, Now, zone, weekStart))];
            Dates[_kept[1].Number] = _kept[1].Date;
        }
    }
}
