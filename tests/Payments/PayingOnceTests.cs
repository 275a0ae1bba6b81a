using Budgets.Recharge;
using Budgets.Tests.Grains;
using Xunit.Abstractions;

namespace Budgets.Tests.Payments;

/// <summary>
/// An order, from its first append to the last: at each append, each call of Stripe and each word to the budget, one after the other and any two of them, the process dies before or after
/// it, or its answer is lost. Stripe's own list of charges is the judge.
/// </summary>
public sealed class PayingOnceTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData(FakeStripe.Good, true)]
    [InlineData(FakeStripe.Good, false)]
    [InlineData(FakeStripe.Customer, false)]
    [InlineData(FakeStripe.Declined, true)]
    [InlineData(FakeStripe.Declined, false)]
    [InlineData(FakeStripe.NeedsOwner, false)]
    public async Task Whatever_dies_or_is_lost_at_any_two_steps_the_order_is_paid_once_or_not_at_all_and_the_budget_is_told_which(string method, bool keysAreRemembered)
    {
        await using var bank = await Bank.Start();
        bank.Stripe.RemembersKeys = keysAreRemembered;
        var undisturbed = await Run(bank, method);
        undisturbed.Should().HaveCountGreaterThan(6);
        var runs = 1;

        for (var first = 0; first < undisturbed.Count; first++)
        {
            foreach (var blow in Fates.BlowsAt(undisturbed[first]))
            {
                var struck = await Run(bank, method, (first, blow));
                runs++;
                for (var second = first + 1; second < struck.Count; second++)
                {
                    foreach (var another in Fates.BlowsAt(struck[second]))
                    {
                        await Run(bank, method, (first, blow), (second, another));
                        runs++;
                    }
                }
            }
        }

        output.WriteLine($"{runs} lives of an order: {string.Join(", ", undisturbed)}");
    }

    /// <returns>The places that it passed.</returns>
    private static async Task<IReadOnlyList<string>> Run(Bank bank, string method, params (int Place, Blow Blow)[] blows)
    {
        var order = bank.Order(method);
        bank.Fates.Plan(order.Agent, blows);

        var told = await bank.Paid(order);

        var because = string.Join(", ", blows);
        var charges = bank.Stripe.Charges.Where(c => c.Agent == order.Agent.Value).ToList();
        var isPaid = method is FakeStripe.Good or FakeStripe.Customer;
        charges.Count(c => c.Succeeded).Should().Be(isPaid ? 1 : 0, because);
        told.Should().NotBeEmpty(because);
        told.Select(t => (t.Status, t.Amount, t.Payment, t.Reason)).Distinct().Should().ContainSingle(because);
        told[0].Should().BeEquivalentTo(
            isPaid
                ? new { Status = PaymentStatus.Succeeded, order.Amount, Provider = "stripe", charges.Single(c => c.Succeeded).Payment, Reason = (string?)null }
                : new
                {
                    Status = method == FakeStripe.Declined ? PaymentStatus.Declined : PaymentStatus.ActionRequired, Amount = Money.Zero, Provider = "stripe", charges.Single().Payment,
                    Reason = method == FakeStripe.Declined ? "insufficient_funds" : (string?)"authentication_required",
                },
            because);
        var state = await bank.State(order.Agent);
        state.Open.Should().BeEmpty(because);
        state.Ended.Should().ContainSingle(because);
        bank.Stripe.Intents.Single(i => i.Id == told[0].Payment).Status.Should().Be(isPaid ? "succeeded" : "canceled", because);
        return bank.Fates.PlacesOf(order.Agent);
    }
}
