using System.Collections.Concurrent;
using System.Collections.Immutable;

namespace Budgets.Tests.Model;

/// <summary>Takes a sequence of steps with a budget and with the reference, and compares after each.</summary>
/// <param name="thorough">True: everything is compared after every step. False: the dear comparisons now and then, and at the end.</param>
/// <param name="met">Counts the outcomes.</param>
internal sealed class ModelRun(ISubject subject, bool thorough, ConcurrentDictionary<Outcome, long> met)
{
    private static readonly ImmutableArray<string> Starts =
        ["2026-03-06T14:00:00Z", "2026-10-30T23:59:30Z", "2027-12-30T20:00:00Z", "2028-02-28T12:00:00Z", "2026-03-08T06:59:59Z", "2026-05-31T23:59:00Z"];

    private static readonly ImmutableArray<string> Zones = ["UTC", "America/New_York"];

    private readonly ReferenceBudget _reference = new(subject.Agent);
    private readonly List<object> _asked = [];
    private readonly Dictionary<string, Receipt> _receipts = [];
    private readonly List<string> _holds = [];
    private readonly List<string> _admitted = [];
    private DateTimeOffset _clock;
    private long _seq;
    private int _ids;

    /// <exception cref="Divergence">The two do not agree.</exception>
    public static async Task<int> Take(ISubject subject, Step[] steps, bool thorough, ConcurrentDictionary<Outcome, long> met)
    {
        var run = new ModelRun(subject, thorough, met);
        await run.Begin(steps[0]);
        for (var i = 0; i < steps.Length; i++)
        {
            try
            {
                await run.Take(steps[i]);
                await run.Compare(everything: i == steps.Length - 1 || i % (thorough ? 32 : 1_024) == (thorough ? 31 : 1_023));
            }
            catch (Exception e)
            {
                throw new Divergence($"Step {i} {steps[i]} at {run._clock:O}: {e.Message}", e);
            }
        }

        return steps.Length;
    }

    private async Task Begin(Step first)
    {
        Clock(DateTimeOffset.Parse(Starts[first.Pick % Starts.Length], System.Globalization.CultureInfo.InvariantCulture));
        if (first.Form % 16 != 0)
        {
            await Take(first with { Verb = Verb.Open });
        }
    }

    private async Task Take(Step s)
    {
        switch (s.Verb)
        {
            case Verb.Charge:
                await Spend(Charge(s));
                break;
            case Verb.Hold:
                var id = $"res_{++_ids}";
                _holds.Add(id);
                var tag = Tag(s);
                await Spend(new HoldRequest(new HoldId(id), Worth(Amount(s), tag), About(s), Key(s), ((int[])[1, 30, 60, 600, 3_600, 86_400])[s.Pick % 6], tag, BooksItself: s.Form / 4 % 3 == 0 ? true : null));
                break;
            case Verb.Settle:
                var hold = Hold(s);
                await Spend(new SettleRequest(hold, Worth(Settled(s, hold), Tag(s)), About(s), s.Form % 3 == 0 ? null : Key(s), Tag(s)));
                break;
            case Verb.Release:
                await Spend(new ReleaseRequest(Hold(s), s.Form % 3 == 0 ? null : Key(s)));
                break;
            case Verb.Extend:
                await Spend(new ExtendRequest(Hold(s), ((int[])[1, 60, 3_600, 86_400])[s.Amount % 4], s.Form % 3 == 0 ? null : Key(s)));
                break;
            case Verb.Repeat when _asked.Count > 0:
                await Spend(Again(_asked[s.Pick % _asked.Count], s));
                break;
            case Verb.Batch:
                await Batch(s);
                break;
            case Verb.Decide:
                Same.Foresight(_reference.Decide(Amount(s), _clock), await subject.Decide(Amount(s)));
                break;
            case Verb.Configure:
                await Govern(Changes.Of(s, Amount(s)));
                break;
            case Verb.Freeze:
                await Govern(new FreezeRequest("operator", $"reason {s.Pick % 3}"));
                break;
            case Verb.Unfreeze:
                await Govern(new Unfreeze("operator"));
                break;
            case Verb.Open:
                await Govern(new OpenRequest("scribe", "operator", Zones[s.Form / 16 % 2], (IsoDayOfWeek)(1 + (s.Pick % 7)), null, s.Form % 3 == 0 ? null : First(s)));
                break;
            case Verb.Close:
                await Govern(new Close("operator"));
                break;
            case Verb.Credit:
                await Spend(Credit(s));
                break;
            case Verb.Recharge:
                await Govern(Recharge(s));
                break;
            case Verb.Resume:
                await Govern(new ResumeRequest("operator", s.Form % 3 == 0 ? s.Pick % 3 : null));
                break;
            case Verb.End when _reference.Orders.Count > 0:
                await End(s);
                break;
            case Verb.Later:
                Clock(Passing.Later(s, _clock, _reference, _holds));
                break;
            case Verb.Earlier:
                Clock(Passing.Earlier(s, _clock));
                break;
            case Verb.Restart:
                await subject.Restart(s.Pick);
                break;
        }
    }

    private async Task Spend(object request)
    {
        if (request is not (SettleRequest { Key: null } or ReleaseRequest { Key: null } or ExtendRequest { Key: null }))
        {
            _asked.Add(request);
        }

        var expected = _reference.Spend(request, _clock);
        Check(request, expected, await subject.Spend(request), await subject.LastSeq());
    }

    private async Task Batch(Step s)
    {
        var charges = Enumerable.Range(0, 1 + (s.Pick % 40)).Select(i => Charge(s with { Pick = s.Pick + (i * 7), Form = s.Form + i, Amount = (s.Amount + i) % 10 })).ToImmutableArray();
        var expected = charges.Select(c => _reference.Spend(c, _clock)).ToList();
        var actual = await subject.ChargeMany(charges);
        Same.That(actual.Length == expected.Count, "A batch has one outcome for each charge.");
        for (var i = 0; i < actual.Length; i++)
        {
            _asked.Add(charges[i]);
            Check(charges[i], expected[i], actual[i], null);
        }

        _seq = await subject.LastSeq();
    }

    /// <param name="last">The newest seq after the request; null: it was one of several.</param>
    private void Check(object request, SpendOutcome expected, SpendOutcome actual, long? last)
    {
        Same.Outcome(expected, actual);
        met.AddOrUpdate(actual.Outcome, 1, (_, count) => count + 1);
        if (actual is { Replayed: true, Receipt: { } again })
        {
            Same.That(Same.Replay(_receipts[again.Kind + again.Id + again.Key], again), "A replay is the first answer.");
        }
        else if (actual.Receipt is { } receipt)
        {
            _receipts[receipt.Kind + receipt.Id + receipt.Key] = receipt;
            Same.That(receipt.Seq > _seq && !(receipt.Seq > last), "An accepted request is a new entry.");
            Laws.Bounds(_reference, request, receipt);
            if (receipt.Kind == EntryKind.Hold)
            {
                _admitted.Add(receipt.Id);
            }
        }

        if (last is { } seq)
        {
            var writes = actual is { Outcome: Outcome.Accepted, Replayed: false } or { Outcome: Outcome.RateExceeded };
            Same.That(writes ? seq > _seq : seq == _seq, "A refusal and a replay write nothing.");
            _seq = seq;
        }
    }

    private async Task Govern(object request)
    {
        var expected = _reference.Govern(request, _clock);
        Same.That(expected == await subject.Govern(request), $"{request} ends as {expected}.");
        _seq = await subject.LastSeq();
    }

    /// <summary>Mostly of the newest, sometimes again, and sometimes otherwise than before.</summary>
    private async Task End(Step s)
    {
        var orders = _reference.Orders;
        var order = orders[^(1 + (s.Pick % 4 == 0 ? s.Form % orders.Count : 0))];
        var status = (s.Form % 5) switch { 3 => PaymentStatus.Declined, 4 => PaymentStatus.Failed, _ => PaymentStatus.Succeeded };
        var report = new PaymentReport(RechargeId.Of(subject.Agent, order.Number), status, "simulated", null, new Money(order.Amount), null, _clock);
        _reference.End(report, _clock);
        await subject.End(report);
        _seq = await subject.LastSeq();
    }

    private async Task Recharges()
    {
        if (!_reference.Exists || await subject.Recharges() is not { } view)
        {
            return;
        }

        _reference.At(_clock);
        var expected = _reference.RechargesThisMonth();
        Same.That(expected == (view.ThisMonth, view.AllowedThisMonth, view.Pause), $"Recharges are {expected}, not {(view.ThisMonth, view.AllowedThisMonth, view.Pause)}.");
        var orders = _reference.Orders.Reverse().Take(RechargeView.MostKept).ToList();
        Same.That(
            orders.Select(o => (o.Amount, o.At, o.Ended)).SequenceEqual(view.History.Select(l => (l.Amount.Nanos, l.StartedAt, l.Status))),
            $"Orders are {string.Join("; ", orders)}, not {string.Join("; ", view.History)}.");
    }

    private async Task Compare(bool everything)
    {
        if (everything || thorough)
        {
            var view = await subject.View();
            Same.View(_reference.View(_clock), view);
            await Recharges();
        }

        if (everything)
        {
            _reference.At(_clock);
            await Laws.Audit(_reference, subject, _holds);
        }
    }

    private void Clock(DateTimeOffset now)
    {
        _clock = now;
        subject.SetClock(now);
    }

    private Money Amount(Step s)
    {
        var nanos = Step.Amounts[s.Amount];
        if (nanos >= 0 || !_reference.Exists)
        {
            return new Money(Math.Max(0, nanos));
        }

        _reference.At(_clock);
        var fits = Math.Min(_reference.LargestThatFits?.Nanos ?? 7_000_000_000, Money.MaxLimit.Nanos);
        return new Money(nanos switch { Step.Fits => fits, Step.JustNot => fits + 1, _ => fits / 2 });
    }

    /// <summary>Half of the settlements are of the hold's size or a nano beside it.</summary>
    private Money Settled(Step s, HoldId hold) =>
        s.Form % 2 == 0 && _reference.Holds.TryGetValue(hold.Value, out var h) ? new Money(Math.Max(0, h.Amount + (s.Pick % 3) - 1)) : Amount(s);

    private HoldId Hold(Step s) => new(
        _admitted.Count == 0 || s.Pick < 20 ? "res_none" : _admitted[^(1 + (s.Pick % Math.Min(_admitted.Count, 12)))]);

    private ChargeRequest Charge(Step s) => new(
        new ChargeId($"chg_{++_ids}"), Worth(Amount(s), Tag(s)), About(s), Key(s), s.Form % 8 == 7 ? ChargeMode.Record : ChargeMode.Enforce, Price: Tag(s));

    /// <summary>Ten times what is usually spent; every fifth takes some of it back.</summary>
    private CreditRequest Credit(Step s)
    {
        var nanos = Math.Min(Math.Max(0, Step.Amounts[s.Amount]), Money.MaxPerRequest.Nanos / 5) * 10;
        var source = (s.Form % 5) switch { 0 => CreditSource.Correction, 1 => CreditSource.Payment, 2 when s.Pick % 4 == 0 => CreditSource.Refund, _ => CreditSource.Manual };
        return new CreditRequest("operator", new Money(source is CreditSource.Correction or CreditSource.Refund ? -nanos / 3 : nanos), source, s.Pick % 2 == 0 ? null : "note", Key(s));
    }

    private static RechargeRequest Recharge(Step s) => new(
        "operator", Enabled: s.Form % 8 != 0, RechargeMode.Threshold, Money.FromDollars(((decimal[])[0.5m, 5, 20, 100])[s.Pick % 4]),
        Change.To<Money?>(Money.FromDollars(((decimal[])[0, 10, 50])[s.Form % 3])), Change.To<Money?>(s.Amount % 2 == 0 ? null : Money.Dollars(50)),
        MaxPerMonth: ((int[])[0, 1, 3, 5])[s.Pick / 4 % 4], CooldownSeconds: ((int[])[0, 0, 60, 3_600])[s.Form / 3 % 4]);

    /// <summary>Every eighth request tells usage: most of it has a price by now, which may be another one when it is asked again.</summary>
    private PriceTag? Tag(Step s) => !subject.TakesPrices || s.Form % 8 != 5 ? null
        : s.Pick % 5 == 0 ? new PriceTag(1, null, new Unpriceable("model", "has no price"))
        : new PriceTag(1 + (s.Pick % 2), $"price-{s.Pick % 7}");

    private static Money Worth(Money amount, PriceTag? tag) => tag is { Version: null } ? default : amount;

    private ConfigureRequest First(Step s) => Changes.Of(s with { Form = s.Form % 3 }, Amount(s)) with { Layer = Layer.Above, OnlyTighten = false };

    // Every tenth key is one that was used already.
    private IdempotencyKey Key(Step s) => new($"k{(s.Pick % 10 == 9 && _ids > 0 ? 1 + (s.Form % _ids) : ++_ids)}");

    private static Purpose About(Step s) => s.Form % 4 == 0 ? Purpose.None : new Purpose($"model-{s.Form % 5}", Usage: new TokenUsage(s.Pick, s.Form));

    /// <summary>The same request once more, with an id made anew; every fourth time another one under its key.</summary>
    private object Again(object asked, Step s) => (asked, s.Form % 4) switch
    {
        (ChargeRequest { Price: not null } r, 1) => r with { Amount = default, Price = r.Price with { Version = null, Fault = new Unpriceable("model", "was withdrawn") } },
        (ChargeRequest { Price: not null } r, 2) => r with { Amount = Amount(s), Price = r.Price with { Version = "price-9", Fault = null } },
        (HoldRequest { Price: not null } r, 1) => r with { Id = Remember($"res_z{++_ids}"), Amount = Amount(s), Price = r.Price with { Version = "price-9", Fault = null } },
        (SettleRequest { Price: not null } r, 2) => r with { Amount = Amount(s), Price = r.Price with { Version = "price-9", Fault = null } },
        (ChargeRequest r, 0) => r with { Id = new ChargeId($"chg_{++_ids}"), Amount = r.Amount + new Money(1) },
        (ChargeRequest r, _) => r with { Id = new ChargeId($"chg_{++_ids}") },
        (HoldRequest r, 0) => r with { Id = new HoldId($"res_x{++_ids}"), TtlSeconds = r.TtlSeconds + 1 },
        (HoldRequest r, _) => r with { Id = Remember($"res_y{++_ids}") },
        (SettleRequest r, 0) => r with { Amount = r.Amount + new Money(1) },
        (SettleRequest r, 1) => r with { Key = Key(s) },
        (CreditRequest r, 0) => r with { Amount = r.Amount + new Money(1) },
        (ReleaseRequest r, 0) => r with { Id = new HoldId("res_none") },
        (ExtendRequest r, 0) => r with { ExtendSeconds = r.ExtendSeconds + 1 },
        _ => asked,
    };

    private HoldId Remember(string hold)
    {
        _holds.Add(hold);
        return new HoldId(hold);
    }
}
