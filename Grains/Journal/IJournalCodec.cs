using System.Buffers;
using System.Collections.Immutable;

namespace Budgets.Journal;

/// <summary>How one kind of journal writes its events and states.</summary>
public interface IJournalCodec<TState, TEvent>
{
    TState Fold(TState state, TEvent e);

    long SeqOf(TState state);

    /// <summary>Writes events as one UTF-8 JSON array.</summary>
    /// <param name="from">The place of the first event to write.</param>
    /// <param name="enough">After so many bytes no further event is begun.</param>
    /// <returns>How many events were written: one at least, where there is one.</returns>
    int Encode(IReadOnlyList<TEvent> events, IBufferWriter<byte> into, int from = 0, int enough = int.MaxValue);

    /// <exception cref="JournalCorruptException">Not what <see cref="Encode"/> writes.</exception>
    ImmutableArray<TEvent> Decode(ReadOnlyMemory<byte> events);

    /// <summary>Writes the state as UTF-8 JSON.</summary>
    void EncodeState(TState state, IBufferWriter<byte> into);

    /// <exception cref="JournalCorruptException">Not what <see cref="EncodeState"/> writes.</exception>
    TState DecodeState(ReadOnlyMemory<byte> state);

    /// <summary>What the event can later be found by, if anything.</summary>
    void File(TEvent e, long seq, ImmutableArray<Filing>.Builder filings);
}
