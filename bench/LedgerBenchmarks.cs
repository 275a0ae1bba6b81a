using System.Buffers;
using System.Collections.Immutable;
using System.Globalization;
using BenchmarkDotNet.Attributes;
using Budgets.Journal;
using Budgets.Ledger;

namespace Budgets.Bench;

/// <summary>What the ledger itself costs a charge: to decide, to remember, to write down, to read back.</summary>
public class LedgerBenchmarks
{
    private static readonly DateTimeOffset At = DateTimeOffset.Parse("2026-03-04T10:00Z", CultureInfo.InvariantCulture);

    private readonly ArrayBufferWriter<byte> _buffer = new(4096);
    private BudgetState _state = null!;
    private ChargeRequest _request = null!;
    private ImmutableArray<BudgetEvent> _charged;
    private byte[] _written = null!;

    /// <summary>A budget in the middle of its day: a daily limit, a thousand charges behind it.</summary>
    [GlobalSetup]
    public void Open()
    {
        var limit = new ConfigureRequest(Layer.Above, "operator", OnlyTighten: false, Daily: Change.To<Money?>(Money.Dollars(1000)));
        var request = new OpenRequest("bench", "operator", "UTC", IsoDayOfWeek.Monday, null, limit);
        var state = new BudgetState(new AgentId("agent_0123456789abcdefghij"));
        _state = Governing.Open(state, request, At).Happened.Aggregate(state, Ledger.Fold.Apply);
        for (var n = 0; n < 1000; n++)
        {
            _state = Charging.Charge(_state, Request(n), At).Events.Aggregate(_state, Ledger.Fold.Apply);
        }

        _request = Request(1000);
        _charged = Charging.Charge(_state, _request, At).Events;
        BudgetCodec.Instance.Encode(_charged, _buffer);
        _written = _buffer.WrittenSpan.ToArray();
    }

    [Benchmark]
    public Decision Decide() => Charging.Charge(_state, _request, At);

    [Benchmark]
    public BudgetState Fold() => Ledger.Fold.Apply(_state, _charged[0]);

    [Benchmark]
    public int Encode()
    {
        _buffer.ResetWrittenCount();
        BudgetCodec.Instance.Encode(_charged, _buffer);
        return _buffer.WrittenCount;
    }

    [Benchmark]
    public ImmutableArray<BudgetEvent> Decode() => BudgetCodec.Instance.Decode(_written);

    private static ChargeRequest Request(int n) => new(
        new ChargeId("chg_0123456789abcdefghij"),
        new Money(75_000),
        new Purpose("gpt-5", "chat"),
        new IdempotencyKey($"bench-{n.ToString(CultureInfo.InvariantCulture)}"));
}
