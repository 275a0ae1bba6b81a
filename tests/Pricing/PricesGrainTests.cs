using System.Collections.Immutable;
using System.Text.Json;
using Budgets.Pricing;

namespace Budgets.Tests.Pricing;

/// <summary>What the operator sets: durable, in use on every silo within seconds, and whatever breaks, no price is made up.</summary>
public sealed class PricesGrainTests : IAsyncLifetime
{
    private static readonly TokenUsage Million = new(InputTokens: 1_000_000);

    private PriceCluster _cluster = null!;

    private IPricesGrain Prices => _cluster.Prices;

    public async Task InitializeAsync() => _cluster = await PriceCluster.Start();

    public async Task DisposeAsync() => await _cluster.DisposeAsync();

    private Task<SetPriceOutcome> Set(decimal input, string id = "gpt-5", string? from = null) => Prices.Set(Priced.Override(id, Priced.Rates(input: input, output: 1), from));

    private async Task<(decimal, string?)> On(int silo)
    {
        var quote = await _cluster.QuoteOn(silo, "gpt-5", Million);
        return (quote.Amount.InDollars, quote.Version);
    }

    [Fact]
    public async Task A_price_that_is_set_is_in_use_on_every_silo_two_seconds_later_and_so_is_its_withdrawal()
    {
        (await On(0)).Should().Be((1.25m, Priced.Delivered["gpt-5"]!.Prices[0].Version));
        (await On(1)).Should().Be(await On(0));

        var outcome = await Set(7);

        outcome.Model!.Prices[^1].Should().BeEquivalentTo(new { Version = "gpt-5@operator-1", Source = "operator", From = Priced.Today });
        _cluster.Clock.Advance(TimeSpan.FromSeconds(2));
        (await On(0)).Should().Be((7, "gpt-5@operator-1"));
        (await On(1)).Should().Be((7, "gpt-5@operator-1"));

        await Prices.Withdraw("gpt-5");
        _cluster.Clock.Advance(TimeSpan.FromSeconds(2));
        (await On(0)).Item1.Should().Be(1.25m);
        (await On(1)).Item1.Should().Be(1.25m);
    }

    [Fact]
    public async Task What_is_set_survives_the_activation_and_each_change_has_a_number_of_its_own()
    {
        await Set(7);
        await Set(8);
        await Prices.Withdraw("gpt-5");
        await _cluster.EndActivation(Prices);
        await Set(9);

        var news = await Prices.Since(-1);

        news.Number.Should().Be(4);
        news.Overrides.Select(o => (o.Number, o.Withdrawn, o.Price.Rates.Input?.InDollars)).Should().Equal((1, false, 7m), (2, false, 8m), (3, true, null), (4, false, 9m));
        (await Prices.Since(4)).Overrides.IsDefault.Should().BeTrue("nothing has changed");
    }

    [Fact]
    public async Task Set_again_because_the_answer_was_lost_it_is_one_change()
    {
        await Set(7);
        _cluster.Clock.Advance(TimeSpan.FromMinutes(1));

        (await Set(7)).Model!.Prices[^1].Version.Should().Be("gpt-5@operator-1");
        (await Prices.Withdraw("gpt-5")).Result.Should().Be(SetPriceResult.Done);
        (await Prices.Withdraw("gpt-5")).Result.Should().Be(SetPriceResult.Done);
        (await Prices.Since(-1)).Number.Should().Be(2);
        (await Set(7)).Model!.Prices[^1].Version.Should().Be("gpt-5@operator-3", "set again after its withdrawal it is another change");
    }

    [Fact]
    public async Task Only_what_was_set_can_be_withdrawn()
    {
        (await Prices.Withdraw("gpt-5")).Result.Should().Be(SetPriceResult.NotSet);
        await Set(7, "acme/llama");
        (await Prices.Withdraw("acme/llama")).Should().Be(new SetPriceOutcome(SetPriceResult.Done, null));
    }

    [Fact]
    public async Task A_write_that_failed_has_no_effect_and_one_that_may_have_landed_is_read_again()
    {
        await Set(7);
        _cluster.Shelf.Next(PriceCluster.Place, _ => throw new IOException("disk"));
        await Prices.Awaiting(_ => Set(8)).Should().ThrowAsync<OutcomeUnknownException>();
        (await Prices.Since(-1)).Number.Should().Be(1);

        _cluster.Shelf.Next(PriceCluster.Place, async write =>
        {
            await write();
            throw new IOException("the answer was lost");
        });
        await Prices.Awaiting(_ => Set(9)).Should().ThrowAsync<OutcomeUnknownException>();

        (await Prices.Since(-1)).Overrides.Select(o => o.Price.Rates.Input?.InDollars).Should().Equal(7, 9);
        (await Set(9)).Model!.Prices[^1].Version.Should().Be("gpt-5@operator-2", "sent again it is there already");
    }

    [Fact]
    public async Task Another_activations_change_is_never_written_over()
    {
        await Set(7);
        _cluster.Shelf.WriteAsAnother(PriceCluster.Place);

        await Prices.Awaiting(_ => Set(8)).Should().ThrowAsync<StoreUnavailableException>();

        (await Set(8)).Model!.Prices[^1].Version.Should().Be("gpt-5@operator-2");
    }

    [Fact]
    public async Task While_the_operators_prices_cannot_be_learnt_none_is_made_up()
    {
        await Set(7);
        await _cluster.EndActivation(Prices);
        _cluster.Shelf.Next(PriceCluster.Place, _ => throw new IOException("disk"));

        await _cluster.Awaiting(_ => On(0)).Should().ThrowAsync<StoreUnavailableException>();

        (await On(0)).Should().Be((7, "gpt-5@operator-1"));
    }

    [Fact]
    public async Task Prices_that_are_known_outlast_a_grain_that_is_away_for_a_moment()
    {
        await Set(7);
        (await On(0)).Should().Be((7, "gpt-5@operator-1"));
        async Task Away()
        {
            await _cluster.EndActivation(Prices);
            _cluster.Shelf.Next(PriceCluster.Place, _ => throw new IOException("disk"));
        }

        await Away();
        _cluster.Clock.Advance(TimeSpan.FromSeconds(9));
        (await On(0)).Should().Be((7, "gpt-5@operator-1"));
        await Away();
        _cluster.Clock.Advance(TimeSpan.FromSeconds(1));
        await _cluster.Awaiting(_ => On(0)).Should().ThrowAsync<StoreUnavailableException>();
    }

    [Fact]
    public async Task What_is_kept_is_bounded_and_what_is_in_force_is_never_forgotten()
    {
        await Set(1, "old");
        for (var i = 0; i < IPricesGrain.MaxKept; i++)
        {
            await Set(1 + i, "gpt-5");
        }

        var kept = (await Prices.Since(-1)).Overrides;
        kept.Should().HaveCount(IPricesGrain.MaxKept);
        kept[0].Price.Id.Should().Be("old");
        kept[1].Number.Should().Be(3, "the first price of gpt-5 was superseded and the oldest");

        for (var i = 0; i < IPricesGrain.MaxKept - 2; i++)
        {
            (await Set(1, $"model-{i}")).Result.Should().Be(SetPriceResult.Done);
        }

        (await Set(1, "one-more")).Result.Should().Be(SetPriceResult.TooMany);
        (await Set(2, "gpt-5")).Result.Should().Be(SetPriceResult.Done, "it follows another");
        await Prices.Withdraw("old");
        (await Set(1, "one-more")).Result.Should().Be(SetPriceResult.Done);
        _cluster.Shelf[PriceCluster.Place]!.Length.Should().BeLessThan(960 * 1024, "a row of a table takes no more");
    }

    [Fact]
    public async Task The_stored_form_does_not_change()
    {
        var price = new PriceOverride(
            "gpt-5", "openai", null, Priced.At("2027-01-01T00:00Z"), Priced.Rates(1, 2, 3, 4, 5, 6, 7, 8),
            [new RateTier(200_000, Priced.Rates(2, 3))], true, false, 0.5m, 400_000, 128_000);
        await Prices.Set(price);
        await Prices.Withdraw("gpt-5");

        const string set =
            """{"Number":1,"SetAt":"2026-11-24T12:00:00+00:00","From":"2026-11-24T12:00:00+00:00","Until":"2027-01-01T00:00:00+00:00","Withdrawn":false,"Id":"gpt-5","Provider":"openai","Rates":RATES,"Tiers":[TIER],"CacheBesideInput":true,"ReasoningBesideOutput":false,"BatchDiscount":0.5,"ContextWindow":400000,"MaxOutputTokens":128000,"FromNamed":false}""";
        const string withdrawn =
            """{"Number":2,"SetAt":"2026-11-24T12:00:00+00:00","From":"2026-11-24T12:00:00+00:00","Until":null,"Withdrawn":true,"Id":"gpt-5","Provider":null,"Rates":NONE,"Tiers":[],"CacheBesideInput":null,"ReasoningBesideOutput":null,"BatchDiscount":null,"ContextWindow":null,"MaxOutputTokens":null,"FromNamed":false}""";
        const string rates =
            """{"Above":0,"Input":1000000000,"Output":2000000000,"CacheRead":3000000000,"CacheWrite":4000000000,"CacheWrite1h":5000000000,"Reasoning":6000000000,"Image":7000000000,"Request":8000000000}""";
        const string tier =
            """{"Above":200000,"Input":2000000000,"Output":3000000000,"CacheRead":null,"CacheWrite":null,"CacheWrite1h":null,"Reasoning":null,"Image":null,"Request":null}""";
        const string none =
            """{"Above":0,"Input":null,"Output":null,"CacheRead":null,"CacheWrite":null,"CacheWrite1h":null,"Reasoning":null,"Image":null,"Request":null}""";
        _cluster.Shelf[PriceCluster.Place]!.Replace(rates, "RATES", StringComparison.Ordinal).Replace(tier, "TIER", StringComparison.Ordinal).Replace(none, "NONE", StringComparison.Ordinal)
            .Should().Be($$"""{"Number":2,"Prices":[{{set}},{{withdrawn}}]}""");
        JsonSerializer.Deserialize<StoredPrices>(_cluster.Shelf[PriceCluster.Place]!)!.Prices[0].ToPrice().Should().BeEquivalentTo(price);
    }
}
