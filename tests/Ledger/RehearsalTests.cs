using Budgets.Ledger;
using CsCheck;
using static Budgets.Tests.Ledger.Passbook;

namespace Budgets.Tests.Ledger;

/// <summary>What happened, decided again with another budget.</summary>
public sealed class RehearsalTests
{
    private static readonly ConfigureRequest Same = new(Layer.Own, "agent:manage", false);

    [Fact]
    public void What_does_not_fit_the_new_limit_is_told_with_the_limit_and_when()
    {
        var book = Of();
        book.Charge(10, purpose: new Purpose("a", "write"));
        book.Later(60).Charge(20, purpose: new Purpose("b", "read"));
        book.At("2026-03-05T09:00Z").Charge(24);
        book.Later(60).Charge(2);

        var view = Rehearsed(book, Same with { Daily = Change.To<Money?>(Usd(25)) });

        (view.Calls, view.Spent, view.BlockedCalls, view.BlockedAmount, view.Saved).Should().Be((4L, Usd(56), 2L, Usd(22), Usd(22)));
        view.First.Select(b => (b.Model, b.Operation, b.Amount, b.Standing!.Spent)).Should().Equal(("b", "read", Usd(20), Usd(10)), (null, null, Usd(2), Usd(24)));
        var limit = view.Limits.Should().ContainSingle().Subject;
        (limit.Type, limit.Calls, limit.Windows, limit.First).Should().Be((LimitType.Daily, 2L, 2L, Utc("2026-03-04T10:01Z")));
    }

    [Fact]
    public void What_a_refused_hold_would_have_spent_is_not_spent()
    {
        var book = Of();
        book.Hold(30);
        book.Later(10).Settle(12);
        book.Charge(20);

        var view = Rehearsed(book, Same with { Daily = Change.To<Money?>(Usd(25)) });

        (view.BlockedCalls, view.BlockedAmount, view.Saved).Should().Be((1L, Usd(30), Usd(12)));
        view.First.Single().Kind.Should().Be(EntryKind.Hold);
    }

    [Fact]
    public void A_breaker_that_would_have_tripped_freezes_what_comes_after()
    {
        var book = Of();
        book.Charge(10);
        book.Later(1).Charge(10);
        book.Later(3_600).Charge(1);

        var view = Rehearsed(book, Same with { PerMinute = Change.To<Money?>(Usd(15)) });

        view.Limits.Select(l => (l.Outcome, l.Calls)).Should().BeEquivalentTo([(Outcome.RateExceeded, 1L), (Outcome.Frozen, 1L)]);
    }

    [Fact]
    public void A_soft_limit_only_warns()
    {
        var book = Of();
        book.Charge(30);

        var view = Rehearsed(book, Same with { Daily = Change.To<Money?>(Usd(25)), HardStop = false });

        (view.BlockedCalls, view.Warned).Should().Be((0L, 1L));
    }

    [Fact]
    public void A_limit_above_the_ceiling_is_refused_as_it_would_be()
    {
        var book = Of(above: new Limits(Daily: Usd(10)));

        Rehearsal.Of(book.State, Same with { Daily = Change.To<Money?>(Usd(25)) }).Outcome.Result.Should().Be(ConfigureResult.AboveCeiling);
    }

    /// <summary>The ledger that decided it the first time decides it the same again.</summary>
    [Fact]
    public void With_its_own_budget_nothing_that_was_admitted_is_refused() =>
        Gen.Select(Gen.Int[0, 4], Gen.Int[1, 40], Gen.Int[0, 50_000]).Array[1, 60].Sample(steps =>
        {
            var book = Of(new Limits(Daily: Usd(60), Weekly: Usd(150), PerCall: Usd(30)));
            for (var i = 0; i < steps.Length; i++)
            {
                var (verb, dollars, seconds) = steps[i];
                book.Later(seconds);
                _ = verb switch
                {
                    0 => book.Hold(dollars, $"h{i}"),
                    1 => book.Settle(dollars / 2m, $"h{i - 1}"),
                    2 => book.Release($"h{i - 1}"),
                    3 => book.Charge(dollars, mode: ChargeMode.Record),
                    _ => book.Charge(dollars),
                };
            }

            return Rehearsed(book, Same).BlockedCalls == 0;
        });

    private static PreviewView Rehearsed(Passbook book, ConfigureRequest proposal)
    {
        var (outcome, rehearsal) = Rehearsal.Of(book.Now, proposal);
        outcome.Result.Should().Be(ConfigureResult.Done);
        for (var i = 0; i < book.Entries.Count; i++)
        {
            rehearsal!.Happened(i + 1, book.Entries[i]);
        }

        return rehearsal!.View(book.Entries[0].At, isCut: false);
    }
}
