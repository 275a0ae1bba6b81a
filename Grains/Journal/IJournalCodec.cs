using System.Buffers;
using System.Collections.Immutable;

namespace Budgets.Journal;

/// <summary>How one kind of journal writes its events and states.</summary>
public interface IJournalCodec<TState, TEvent>
{
    TState Fold(TState state, TEvent e);

    long SeqOf(TState state);

    /// <summary>Writes the events as one UTF-8 JSON array.</summary>
    void Encode(IReadOnlyList<TEvent> events, IBufferWriter<byte> into);

    /// <exception cref="JournalCorruptException">Not what <see cref="Encode"/> writes.</exception>
    ImmutableArray<TEvent> Decode(ReadOnlyMemory<byte> events);

    /// <summary>Writes the state as UTF-8 JSON.</summary>
    void EncodeState(TState state, IBufferWriter<byte> into);

    /// <exception cref="JournalCorruptException">Not what <see cref="EncodeState"/> writes.</exception>
    TState DecodeState(ReadOnlyMemory<byte> state);

    /// <summary>What the event can later be found by, if anything.</summary>
    void File(TEvent e, long seq, ImmutableArray<Filing>.Builder filings);
}
