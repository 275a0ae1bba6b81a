using Budgets.Ledger;
using CsCheck;
using static Budgets.Tests.Ledger.Passbook;

namespace Budgets.Tests.Ledger;

/// <summary>Holds of things that cost money whether their end is told or not: never free, never twice, and corrected once when the truth comes.</summary>
public sealed class AssumingTests
{
    private static readonly Purpose Call = new("gpt-5", "write", ["team:a"], new TokenUsage(1_000, 500), "sha256:0a1b");

    [Fact]
    public void A_hold_that_nobody_ends_is_spent_when_it_expires_and_an_ordinary_one_is_not()
    {
        var book = Daily(25);
        book.Hold(10, booksItself: true, purpose: Call);
        book.Hold(3, id: "ordinary");
        book.Later(600);

        book[LimitType.Daily].Should().Be((10, 0), "a view says so before anything is written");
        book.State.Holds[new HoldId("h")].ViewAt(book.Clock).Should().BeEquivalentTo(new { Status = HoldStatus.Settled, Charged = Usd(10) });
        book.Wake();

        book[LimitType.Daily].Should().Be((10, 0));
        book.Wake();
        var line = Lines(book).Single(l => l.Kind == EntryKind.Settle);
        line.Should().BeEquivalentTo(new { Amount = Usd(10), Id = "h", Overage = false, Late = false, Key = (string?)null });
        line.Detail.Should().StartWith("assumed: nobody has told");
        line.Purpose.Should().BeEquivalentTo(new { Model = "gpt-5", Operation = "write", Usage = (TokenUsage?)null }, "how many tokens it was nobody knows");
        book.Now.Days[^1].Usage.Total.Should().Be(new Sums(Usd(10), 1, 0, 0, 0, 0));
        book.Charge(15.01m).Outcome.Should().Be(Outcome.BudgetExceeded);
        book.Charge(15).Outcome.Should().Be(Outcome.Accepted);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(4)]
    [InlineData(10)]
    [InlineData(11)]
    public void What_was_really_spent_is_told_late_and_the_difference_booked_once(int spent)
    {
        var book = Daily(25);
        book.Hold(10, booksItself: true, purpose: Call);
        book.Later(601).Charge(1);

        book.Settle(spent, key: "k", purpose: new Purpose(Usage: new TokenUsage(70, 7)), recalled: Untold(book)).Outcome.Should().Be(Outcome.Accepted);

        book.Receipt.Should().BeEquivalentTo(new { Kind = EntryKind.Settle, Amount = Usd(spent), Released = Money.Zero, Overage = spent > 10, Late = true });
        Lines(book)[^1].Should().BeEquivalentTo(new { Kind = EntryKind.Correction, Amount = Usd(spent - 10), Id = "h", Late = true, About = new DateOnly(2026, 3, 4) });
        book[LimitType.Daily].Should().Be((spent + 1, 0));
        book.Now.Days[^1].Usage.Total.Should().Be(new Sums(Usd(spent + 1), 2, 70, 7, 0, 0));
        book.Now.Days[^1].Usage.Models.Ranked().Single(m => m.Name == "gpt-5").Sums.Should().Be(new Sums(Usd(spent), 1, 70, 7, 0, 0));
        book.Settle(spent, key: "k", purpose: new Purpose(Usage: new TokenUsage(70, 7))).ReplayOf.Should().BePositive();
        book.Settle(spent, purpose: new Purpose(Usage: new TokenUsage(70, 7))).ReplayOf.Should().BePositive();
        book.Settle(2).Outcome.Should().Be(Outcome.HoldSettled);
        book.Release().Outcome.Should().Be(Outcome.HoldSettled);
        book[LimitType.Daily].Should().Be((spent + 1, 0));
    }

    [Fact]
    public void That_nothing_was_spent_takes_all_of_it_back_once()
    {
        var book = Daily(25);
        book.Hold(10, booksItself: true, purpose: Call);
        book.Later(601);

        book.Release(key: "k").Outcome.Should().Be(Outcome.Accepted, "in the step in which it expires");

        book.Receipt.Should().BeEquivalentTo(new { Kind = EntryKind.Release, Amount = Money.Zero, Released = Usd(10), Late = true });
        Lines(book).TakeLast(2).Select(l => (l.Kind, l.Amount)).Should().Equal((EntryKind.Settle, Usd(10)), (EntryKind.Correction, Usd(-10)));
        book.Release(key: "k").ReplayOf.Should().BePositive();
        book.Release().ReplayOf.Should().BePositive();
        book.Settle(1).Outcome.Should().Be(Outcome.HoldReleased);
        book[LimitType.Daily].Should().Be((0, 0));
        book.Now.Days[^1].Usage.Total.Should().Be(default(Sums));
    }

    [Fact]
    public void A_hold_that_is_settled_in_time_books_itself_no_more()
    {
        var book = Daily(25);
        book.Hold(10, booksItself: true);
        book.Settle(4);
        book.Later(700).Wake();

        book[LimitType.Daily].Should().Be((4, 0));
        Lines(book).Count(l => l.Kind == EntryKind.Settle).Should().Be(1);
    }

    [Fact]
    public void It_is_spent_in_the_windows_that_admitted_it_and_so_is_its_correction()
    {
        var book = Of(own: new Limits(Daily: Usd(25), Monthly: Usd(100))).At("2026-03-04T23:58Z");
        book.Hold(10, booksItself: true, purpose: Call);
        book.At("2026-03-05T00:30Z").Charge(1);

        book[LimitType.Daily].Should().Be((1, 0));
        book[LimitType.Monthly].Should().Be((11, 0));
        Day(book, 4).Should().Be(new Sums(Usd(10), 1, 0, 0, 0, 0));
        book.Settle(3, recalled: Untold(book)).Outcome.Should().Be(Outcome.Accepted);

        book[LimitType.Daily].Should().Be((1, 0));
        book[LimitType.Monthly].Should().Be((4, 0));
        Day(book, 4).Should().Be(new Sums(Usd(3), 1, 1_000, 500, 0, 0), "its day is closed once more, with the difference");
        book.ReadAgain().Should().BeEquivalentTo(book.State, same => same.Excluding(s => s.Memory).Excluding(s => s.NextExpiry));
    }

    [Fact]
    public void Whoever_is_told_of_a_threshold_is_told_that_it_is_an_assumption()
    {
        var book = Of(above: new Limits(Daily: Usd(25)), alerts: [50]);
        book.Configure(new ConfigureRequest(Layer.Above, "operator", false, Wanted: Change.To<AlertKinds?>(AlertKinds.BudgetWarning)));
        book.Hold(20, booksItself: true);
        book.Later(600).Wake();

        var alert = book.State.Outbox.Should().ContainSingle().Subject;
        (alert.Kind, alert.Percent).Should().Be((AlertKinds.BudgetWarning, 50));
        alert.Detail.Should().Contain("$20").And.Contain("assumption");
        book.Settle(1, recalled: Untold(book));
        book.State.Outbox.Should().ContainSingle("what goes down crosses nothing");
        book.Receipt.Warnings.Should().BeEmpty();
    }

    [Fact]
    public void A_wallet_pays_for_it_and_gets_back_what_was_too_much()
    {
        var book = Passbook.Of();
        book.Credit(50);
        book.Hold(20, booksItself: true);
        book.Later(600).Wake();

        book.Now.WalletView().Should().Be(new WalletView(Usd(30), Money.Zero));
        book.Settle(5, recalled: Untold(book));
        book.Now.WalletView().Should().Be(new WalletView(Usd(45), Money.Zero));
    }

    /// <summary>A bill came first, and whoever compared it took the assumption back already.</summary>
    [Fact]
    public void Nothing_is_taken_back_twice()
    {
        var book = Of(own: new Limits(Monthly: Usd(100)));
        book.Hold(10, booksItself: true, purpose: Call);
        book.At("2026-03-05T01:00Z").Charge(0.5m);
        var untold = Untold(book);
        var drift = new Drift("gpt-5", new DateOnly(2026, 3, 4), Usd(10), Usd(3), 0, null, 0, null);
        var bill = new ReconcileRequest("operator", null, [new BilledUsage("gpt-5", new DateOnly(2026, 3, 4), Usd(3))], new IdempotencyKey("bill"));
        book.Take(Correcting.Correct(book.State, bill, [drift], book.Clock).Decision);
        book[LimitType.Monthly].Should().Be((3.5m, 0));

        book.Release(recalled: untold).Outcome.Should().Be(Outcome.HoldSettled);
        book.Settle(1, recalled: untold).Outcome.Should().Be(Outcome.HoldSettled);

        book[LimitType.Monthly].Should().Be((3.5m, 0));
    }

    /// <summary>Whatever order time, settlements, releases and repeats come in: what is booked of each hold is the truth if it was told, else all of it, and never both.</summary>
    [Fact]
    public void Whatever_happens_each_call_is_booked_once_and_is_never_free()
    {
        var step = Gen.Select(Gen.Int[0, 4], Gen.Int[0, 5], Gen.Int[0, 12], (verb, hold, amount) => (verb, hold, amount));
        step.Array[1, 60].Sample(steps =>
        {
            var book = Daily(1_000);
            var truth = new Dictionary<string, decimal?>();
            foreach (var (verb, hold, amount) in steps)
            {
                var id = $"h{hold}";
                switch (verb)
                {
                    case 0 when !truth.ContainsKey(id):
                        book.Hold(10, id, ttl: 60 + hold, booksItself: true).Outcome.Should().Be(Outcome.Accepted);
                        truth.Add(id, null);
                        break;
                    case 1 when truth.ContainsKey(id):
                        truth[id] = Told(book, book.Settle(amount, id, recalled: Untold(book, id)), amount) ?? truth[id];
                        break;
                    case 2 when truth.ContainsKey(id):
                        truth[id] = Told(book, book.Release(id, recalled: Untold(book, id)), 0) ?? truth[id];
                        break;
                    case 3:
                        book.Later(amount * 10);
                        break;
                    case 4:
                        book.Wake();
                        break;
                }
            }

            book.Later(1_000).Wake();
            book[LimitType.Daily].Should().Be((truth.Values.Sum(t => t ?? 10), 0));
            Lines(book).Where(l => l.Kind is EntryKind.Settle or EntryKind.Correction).Aggregate(Money.Zero, (sum, l) => sum + l.Amount).Should().Be(book.State.Current(LimitType.Total).Spent);
            book.Now.Days[^1].Usage.Total.Cost.Should().Be(book.State.Current(LimitType.Total).Spent);
            book.ReadAgain().Current(LimitType.Total).Should().Be(book.State.Current(LimitType.Total));
        }, iter: 2_000);
    }

    /// <returns>Null: it was told before.</returns>
    private static decimal? Told(Passbook book, Decision decision, decimal amount) => decision is { Outcome: Outcome.Accepted, ReplayOf: 0 } ? amount : null;

    /// <summary>As the journal's index tells it.</summary>
    private static Recalled Untold(Passbook book, string id = "h") => new(Hold: book.Entries.Select(Assuming.Untold).LastOrDefault(h => h?.Id.Value == id));

    private static List<LedgerEntry> Lines(Passbook book) => [.. book.Entries.Select((e, i) => Receipts.EntryOf(e, i + 1)).OfType<LedgerEntry>()];

    private static Sums Day(Passbook book, int day) => book.Entries.OfType<DayClosed>().Where(d => d.Date.Day == day).Aggregate(default(Sums), (sum, d) => sum + d.Usage.Total);
}
