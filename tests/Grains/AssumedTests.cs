using Budgets.Journal;
using static Budgets.Tests.Grains.Ask;
using static Budgets.Tests.Grains.Persistence;

namespace Budgets.Tests.Grains;

/// <summary>Holds of calls that nobody sees the end of, with real grains: whatever dies when, each is booked once.</summary>
public sealed class AssumedTests
{
    [Theory]
    [InlineData(Death.BeforeTheWrite)]
    [InlineData(Death.AfterTheWrite)]
    [InlineData(Death.Conflict)]
    public async Task Wherever_the_store_dies_a_call_that_is_told_late_is_booked_once_and_corrected_once(Death death)
    {
        var store = new DiesAt(new MemoryJournalStore(), death);
        await using var cluster = await BudgetCluster.Start(store);
        foreach (var spent in (decimal[])[3, 0])
        {
            var deaths = 0;
            for (var at = 1; ; at++)
            {
                var agent = BudgetCluster.NewAgent();
                var budget = await cluster.Open(Usd(100), agent);
                store.Arm($"budget/{agent}", at);

                await Live(cluster, budget, spent);

                if (store.Disarm())
                {
                    break;
                }

                deaths++;
            }

            deaths.Should().BeGreaterThanOrEqualTo(3, "the hold, its expiry and its truth are an append each");
        }
    }

    private static async Task Live(BudgetCluster cluster, IBudgetGrain budget, decimal spent)
    {
        var call = Hold(10) with { BooksItself = true };
        (await UntilKnown(async () => await budget.Hold(call))).Receipt!.Amount.Should().Be(Usd(10));
        cluster.Clock.Advance(TimeSpan.FromSeconds(call.TtlSeconds));

        // Whoever asks first writes that it has expired.
        var charge = Charge(1);
        (await UntilKnown(async () => await budget.Charge(charge))).Outcome.Should().Be(Outcome.Accepted);
        (await UntilKnown(async () => await budget.Daily())).Should().BeEquivalentTo(new { Spent = Usd(11), Held = Money.Zero });

        // Two who do not know of each other tell the truth, each until it knows, and again later.
        ValueTask<SpendOutcome> Tell() => spent > 0 ? budget.Settle(new SettleRequest(call.Id, Usd(spent), Purpose.None)) : budget.Release(new ReleaseRequest(call.Id));
        var told = await Task.WhenAll(UntilKnown(async () => await Tell()), UntilKnown(async () => await Tell()));
        told = [.. told, await UntilKnown(async () => await Tell())];
        told.Should().OnlyContain(t => t.Outcome == Outcome.Accepted && t.Receipt!.Late && t.Receipt.Seq == told[0].Receipt!.Seq, "it is one effect");

        var ledger = await UntilKnown(async () => await budget.Ledger());
        ledger.Where(l => l.Id == call.Id.Value).Select(l => (l.Kind, l.Amount)).Should().Equal(
            (EntryKind.Hold, Usd(10)), (EntryKind.Settle, Usd(10)), (EntryKind.Correction, Usd(spent - 10)));
        (await UntilKnown(async () => await budget.Daily())).Should().BeEquivalentTo(new { Spent = Usd(spent + 1), Held = Money.Zero });
    }
}
