using System.Buffers;
using System.Collections.Immutable;
using System.Text.Json;
using Budgets.Journal;
using Budgets.Scheduling;
using Microsoft.Extensions.DependencyInjection;
using Orleans;

namespace Budgets.Tests.Scheduling;

/// <summary>Beats a few times, each time because it is woken: a grain that is no budget, and keeps its journal and sets its alarm as one does.</summary>
[Alias("Budgets.Tests.IMetronomeGrain")]
internal interface IMetronomeGrain : IGrainWithStringKey
{
    [Alias("Start")]
    Task Start(int beats, TimeSpan every);

    [Alias("Beats")]
    Task<int> Beats();
}

[GrainType("metronome")]
internal sealed class MetronomeGrain : Grain, IMetronomeGrain, IWakeable
{
    private readonly Alarm _alarm;
    private readonly Keeper<Swing, Swung> _journal;
    private readonly TimeProvider _clock;

    public MetronomeGrain(IJournalStore store, IDueIndex dues, [FromKeyedServices("Budgets")] TimeProvider clock)
    {
        var name = this.GetPrimaryKeyString();
        _clock = clock;
        _alarm = new Alarm(dues, this.GetGrainId(), "beat");
        _journal = new(store.Open($"metronome/{name}"), new SwingCodec(), new Swing(), name, _ => DeactivateOnIdle(), before: s => _alarm.Set(s.Next, s.Last.At));
    }

    public override Task OnActivateAsync(CancellationToken cancellationToken) => _journal.Recover(cancellationToken);

    public async Task Start(int beats, TimeSpan every)
    {
        _journal.Record([new Swung(_clock.GetUtcNow(), beats, every)]);
        await _journal.Durable();
    }

    public Task<int> Beats() => Task.FromResult((int)_journal.State.Seq - 1);

    public async Task Wake(Due due)
    {
        _journal.Trustworthy();
        _alarm.Rang();
        var (now, last) = (_clock.GetUtcNow(), _journal.State.Last);
        if (_journal.State.Next <= now)
        {
            _journal.Record([last with { At = now, Left = last.Left - 1 }]);
        }
        else
        {
            await _alarm.Set(_journal.State.Next, now);
        }

        await _journal.Durable();
    }
}

internal sealed record Swung(DateTimeOffset At, int Left, TimeSpan Every);

internal sealed record Swing(long Seq, Swung Last)
{
    public Swing()
        : this(0, new Swung(default, 0, default))
    {
    }

    public DateTimeOffset? Next => Last.Left > 0 ? Last.At + Last.Every : null;
}

internal sealed class SwingCodec : IJournalCodec<Swing, Swung>
{
    public Swing Fold(Swing state, Swung e) => new(state.Seq + 1, e);

    public long SeqOf(Swing state) => state.Seq;

    public int Encode(IReadOnlyList<Swung> events, IBufferWriter<byte> into, int from = 0, int enough = int.MaxValue)
    {
        Write(events.Skip(from).ToList(), into);
        return events.Count - from;
    }

    public ImmutableArray<Swung> Decode(ReadOnlyMemory<byte> events) => [.. JsonSerializer.Deserialize<List<Swung>>(events.Span)!];

    public void EncodeState(Swing state, IBufferWriter<byte> into) => Write(state, into);

    public Swing DecodeState(ReadOnlyMemory<byte> state) => JsonSerializer.Deserialize<Swing>(state.Span)!;

    public void File(Swung e, long seq, ImmutableArray<Filing>.Builder filings)
    {
    }

    private static void Write<T>(T value, IBufferWriter<byte> into)
    {
        using var writer = new Utf8JsonWriter(into);
        JsonSerializer.Serialize(writer, value);
    }
}
