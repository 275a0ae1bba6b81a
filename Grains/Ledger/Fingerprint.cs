using System.Buffers.Binary;
using System.Text;

namespace Budgets.Ledger;

/// <summary>What a request says, apart from ids made anew on every try: two requests with one key must have the same.</summary>
public static class Fingerprint
{
    public static Digest Of(ChargeRequest r) =>
        new Text(stackalloc byte[Text.OnStack]).Add('c').Add(r.Amount, r.Price).Add((long)r.Mode).Add(r.OccurredAt?.UtcTicks ?? -1).Add(r.Purpose).Add(r.Approval).Digest();

    public static Digest Of(HoldRequest r) =>
        new Text(stackalloc byte[Text.OnStack]).Add('h').Add(r.Amount, r.Price).Add(r.TtlSeconds).Add(r.Purpose).Add(r.Approval).Flag(r.BooksItself).Add(r.Dearest, r.OutOf).Digest();

    public static Digest Of(SettleRequest r) =>
        new Text(stackalloc byte[Text.OnStack]).Add('s').Add(r.Id.Value).Add(r.Amount, r.Price).Add(r.Purpose).Digest();

    public static Digest Of(ReleaseRequest r) => new Text(stackalloc byte[Text.OnStack]).Add('r').Add(r.Id.Value).Digest();

    public static Digest Of(ExtendRequest r) => new Text(stackalloc byte[Text.OnStack]).Add('e').Add(r.Id.Value).Add(r.ExtendSeconds).Digest();

    public static Digest Of(CreditRequest r) => new Text(stackalloc byte[Text.OnStack]).Add('m').Add(r.Amount.Nanos).Add((long)r.Source).Add(r.Note).Digest();
    public static Digest Of(ReconcileRequest r)
    {
        var text = new Text(stackalloc byte[Text.OnStack]).Add('t').Add(r.Source).Add(r.Billed.Length);
        foreach (var b in r.Billed)
        {
            text = text.Add(b.Model).Add(b.Date.DayNumber).Add(b.Cost.Nanos).Add(b.InputTokens ?? -1).Add(b.OutputTokens ?? -1);
        }

        return text.Digest();
    }

    /// <summary>Numbers as eight bytes, texts with their length before them: no two requests read the same.</summary>
    private ref struct Text(Span<byte> buffer)
    {
        public const int OnStack = 512;

        private Span<byte> _buffer = buffer;
        private int _length;

        public Text Add(long number)
        {
            BinaryPrimitives.WriteInt64BigEndian(Room(sizeof(long)), number);
            _length += sizeof(long);
            return this;
        }

        public Text Add(string? text)
        {
            if (text is null)
            {
                return Add(-1);
            }

            var bytes = Encoding.UTF8.GetByteCount(text);
            var added = Add(bytes);
            added._length += Encoding.UTF8.GetBytes(text, added.Room(bytes));
            return added;
        }

        /// <summary>An amount that was worked out is nothing the request said: the price may be another one when it is sent again.</summary>
        public Text Add(Money amount, PriceTag? price) => price is null ? Add(amount.Nanos) : Add(-1).Add(price.Requests);

        public Text Add(Purpose purpose)
        {
            var all = Add(purpose.Model).Add(purpose.Operation).Add(purpose.Tags.IsDefault ? 0 : purpose.Tags.Length);
            foreach (var tag in purpose.Tags.IsDefault ? [] : purpose.Tags)
            {
                all = all.Add(tag);
            }

            all = purpose.Usage is { } usage ? all.Add(usage) : all;

            // Younger than many a fingerprint that is stored, like the last of the usage. No count and no length is less than -1.
            all = purpose.PromptHash is { } prompt ? all.Add(-2).Add(prompt) : all;
            return purpose.Saved is { } saved ? all.Add(-3).Add(saved.Nanos) : all;
        }

        private Text Add(TokenUsage u)
        {
            var all = Add(u.InputTokens).Add(u.OutputTokens).Add(u.CacheReadTokens).Add(u.CacheWriteTokens).Add(u.ReasoningTokens).Add(u.Images).Add(u.Requests);

            // Who does not use these says what was always said.
            return u.CacheWrite1hTokens is null && u.Batch is null ? all : all.Add(u.CacheWrite1hTokens ?? -1).Add(u.Batch == true ? 1 : 0);
        }

        /// <summary>Younger than many a fingerprint that is stored, too.</summary>
        public Text Add(ApprovalId? approval) => approval is { } id ? Add(id.Value) : this;

        /// <summary>Of the same age as its member.</summary>
        public Text Flag(bool? booksItself) => booksItself == true ? Add(-4) : this;

        /// <summary>Younger still. A hold for one call of its own says nothing of either.</summary>
        public Text Add(Money? dearest, HoldId? outOf)
        {
            var all = dearest is { } most ? Add(-5).Add(most.Nanos) : this;
            return outOf is { } whole ? all.Add(-6).Add(whole.Value) : all;
        }

        public readonly Digest Digest() => Ledger.Digest.OfRequest(_buffer[.._length]);

        private Span<byte> Room(int bytes)
        {
            if (_length + bytes > _buffer.Length)
            {
                var larger = new byte[Math.Max(_buffer.Length * 2, _length + bytes)];
                _buffer[.._length].CopyTo(larger);
                _buffer = larger;
            }

            return _buffer[_length..];
        }
    }
}
