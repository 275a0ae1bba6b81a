using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Text.RegularExpressions;
using Budgets.Delivery;
using Budgets.Journal;
using Budgets.Storage.Sqlite;
using Budgets.Tests.Grains;
using Budgets.Tests.Journal;
using Orleans;
using static Budgets.Tests.Delivery.Told;
using static Budgets.Tests.Grains.Persistence;

namespace Budgets.Tests.Delivery;

using Receipt = global::Budgets.Delivery.Receipt;

public sealed class MemoryDeliveryGrainTests : DeliveryGrainTests
{
    protected override IJournalStore Store { get; } = new MemoryJournalStore();
}

public sealed class SqliteDeliveryGrainTests : DeliveryGrainTests, IDisposable
{
    private readonly ScratchDirectory _scratch = new();
    private readonly DataDirectory _directory;
    private readonly SqliteJournalStore _store;

    public SqliteDeliveryGrainTests() => _store = new SqliteJournalStore(_directory = DataDirectory.Open(_scratch.Path));

    protected override IJournalStore Store => _store;

    public void Dispose()
    {
        _store.Dispose();
        _directory.Dispose();
        _scratch.Dispose();
    }
}

/// <summary>Real grains on real journals; only the world and the clock are the test's.</summary>
public abstract class DeliveryGrainTests
{
    private const string Above = "https://above.example.com/hook?token=t0p";
    private const string Own = "https://own.example.com/";
    private const string Human = "boss@example.com";

    protected abstract IJournalStore Store { get; }

    [Fact]
    public async Task Letters_arrive_in_order_and_every_try_bears_the_same_id_and_body()
    {
        await using var office = await PostOffice.Start(Store);
        var delivery = await Opened(office);
        office.Postbox.Answers = s => s.Channel != "mail" && office.Postbox.All.Count(o => o.Id == s.Id) < 3 ? new Receipt(Carried.Failed, 500, "It answered 500.") : new Receipt(Carried.Delivered, 200);

        await PostOffice.Take(delivery, Warned(1, 50), Warned(2, 80), Warned(3, 95));
        await office.Settled(delivery);
        office.Postbox.To(Own).Should().ContainSingle("the next waits for the one before");
        for (var i = 0; i < 6; i++)
        {
            await office.Pass(delivery, TimeSpan.FromMinutes(5));
        }

        foreach (var receiver in new[] { Above, Own })
        {
            var tries = office.Postbox.To(receiver);
            tries.Select(s => s.Id[^4..^3]).Should().Equal("1", "1", "1", "2", "2", "2", "3", "3", "3");
            tries.GroupBy(s => s.Id).Should().OnlyContain(g => g.Select(s => s.Body).Distinct().Count() == 1);
        }

        office.Postbox.To(Human).Should().HaveCount(3, "mail does not wait for webhooks");
        office.Postbox.MostAtOnce.Should().Be(1);
        (await PostOffice.All(delivery)).Should().OnlyContain(d => d.Status == DeliveryStatus.Delivered);
    }

    [Fact]
    public async Task The_same_numbers_again_send_nothing()
    {
        await using var office = await PostOffice.Start(Store);
        var delivery = await Opened(office);

        for (var i = 0; i < 3; i++)
        {
            await PostOffice.Take(delivery, Warned(1), Warned(2));
            await office.Settled(delivery);
            await office.Deactivate(delivery);
        }

        office.Postbox.To(Own).Select(s => s.Id).Should().HaveCount(2).And.OnlyHaveUniqueItems();
    }

    [Fact]
    public async Task A_try_that_was_not_recorded_is_made_again_with_the_same_id_and_body()
    {
        using var gate = new GatedAppends(Store);
        await using var office = await PostOffice.Start(gate);
        var delivery = await Opened(office);
        office.Postbox.Hang(Own);
        await PostOffice.Take(delivery, Warned(1) with { Kind = AlertKinds.RunawayDetected, Detail = "40 times the same" });
        await office.Postbox.Arrived(Own);
        await Until(async () => (await PostOffice.All(delivery)).Count(d => d.Status == DeliveryStatus.Delivered) == 2);

        gate.Close();
        office.Postbox.LetGo(Own);
        await gate.LetOneGo(refused: new StoreUnavailableException("The disk is full."));
        gate.Open();
        var all = await office.Settled(delivery);

        all.Should().OnlyContain(d => d.Status == DeliveryStatus.Delivered && d.Tries == 1);
        var tries = office.Postbox.To(Own);
        tries.Should().HaveCount(2);
        tries[1].Should().BeEquivalentTo(tries[0]);
    }

    [Fact]
    public async Task A_silo_that_is_killed_in_mid_delivery_loses_nothing_and_reorders_nothing()
    {
        await using var office = await PostOffice.Start(Store, silos: 2);
        var delivery = await Opened(office);
        office.Postbox.Hang(Own);
        await PostOffice.Take(delivery, Warned(1), Warned(2), Warned(3));
        await office.Postbox.Arrived(Own);

        await office.KillSiloOf(delivery);
        office.Postbox.LetGo(Own);
        await office.Wake(delivery);
        var all = await office.Settled(delivery);

        all.Should().HaveCount(9).And.OnlyContain(d => d.Status == DeliveryStatus.Delivered);
        office.Postbox.To(Own).Select(s => s.Id).Distinct().Should().Equal(all.Where(d => d.Layer == Layer.Own).Select(d => d.Id));
    }

    [Fact]
    public async Task A_receiver_that_hangs_delays_nobody_else_and_is_cut_off()
    {
        await using var office = await PostOffice.Start(Store);
        var delivery = await Opened(office);
        office.Postbox.Hang(Own);
        await PostOffice.Take(delivery, Warned(1), Warned(2));
        await office.Postbox.Arrived(Own);

        await Until(async () => (await PostOffice.All(delivery)).Count(d => d.Status == DeliveryStatus.Delivered) == 4);
        await office.Wake(delivery);
        office.Postbox.To(Own).Should().ContainSingle("one call at a time");
        office.Advance(Round.Patience);
        await Until(async () => (await PostOffice.All(delivery)).Single(d => d.Number == 1 && d.Layer == Layer.Own).Tries == 1);
        office.Postbox.LetGo(Own);
        await office.Pass(delivery, TimeSpan.FromSeconds(5));

        (await PostOffice.All(delivery)).Should().OnlyContain(d => d.Status == DeliveryStatus.Delivered);
        office.Postbox.To(Own).Should().HaveCount(3);
    }

    [Fact]
    public async Task An_activation_that_goes_breaks_off_its_call_and_the_next_goes_on()
    {
        await using var office = await PostOffice.Start(Store);
        var delivery = await Opened(office);
        office.Postbox.Hang(Own);
        await PostOffice.Take(delivery, Warned(1));
        await office.Postbox.Arrived(Own);

        await office.Deactivate(delivery);
        office.Postbox.LetGo(Own);
        var all = await office.Settled(delivery);

        all.Should().OnlyContain(d => d.Status == DeliveryStatus.Delivered && d.Tries == 1);
        office.Postbox.To(Own).Select(s => s.Id).Should().HaveCount(2).And.OnlyContain(id => id == office.Postbox.To(Own)[0].Id);
    }

    [Fact]
    public async Task Who_asks_for_a_replay_gets_the_same_again()
    {
        await using var office = await PostOffice.Start(Store);
        var delivery = await Opened(office);
        await PostOffice.Take(delivery, Warned(1));
        var id = (await office.Settled(delivery)).Single(d => d.Layer == Layer.Own).Id;

        (await delivery.Replay(id, Layer.Above)).Should().BeNull("it is another layer's");
        (await delivery.Replay("alr_none", null)).Should().BeNull();
        (await delivery.Replay(id, Layer.Own)).Should().BeEquivalentTo(new { Id = id, Status = DeliveryStatus.Pending });
        await office.Settled(delivery);

        var tries = office.Postbox.To(Own);
        tries.Should().HaveCount(2);
        tries[1].Should().BeEquivalentTo(tries[0]);

        office.Postbox.Answers = _ => new Receipt(Carried.Failed, 500, "It answered 500.");
        await PostOffice.Take(delivery, Warned(2));
        var waiting = (await office.Settled(delivery)).Single(d => d.Number == 2 && d.Layer == Layer.Own);
        await delivery.Replay(waiting.Id, null);
        await office.Settled(delivery);
        office.Postbox.To(Own).Should().HaveCount(4, "it was tried at once");
    }

    [Fact]
    public async Task A_test_goes_to_every_channel_of_the_layer_and_to_no_other()
    {
        await using var office = await PostOffice.Start(Store);
        var delivery = await Opened(office);

        var sent = await delivery.Test(Layer.Above, Of(AlertKinds.Test, 9, "escalation@example.com"));
        await office.Settled(delivery);

        sent.Select(d => (d.Channel, d.Target)).Should().BeEquivalentTo([(Channel.Webhook, "https://above.example.com/hook"), (Channel.Email, Human)]);
        office.Postbox.All.Select(s => s.To).Should().BeEquivalentTo([Above, Human]);
        (await delivery.Test(Layer.Above, Of(AlertKinds.Test))).Should().HaveCount(2).And.OnlyContain(d => !sent.Select(s => s.Id).Contains(d.Id));
    }

    [Fact]
    public async Task A_receiver_that_is_gone_is_given_up_and_people_are_told_once()
    {
        await using var office = await PostOffice.Start(Store);
        var delivery = await Opened(office);
        office.Postbox.Answers = s => s.To == Above ? new Receipt(Carried.Gone, 410, "It wants no more.") : new Receipt(Carried.Delivered, 200);

        await PostOffice.Take(delivery, Warned(1), Warned(2), Warned(3));
        await office.Settled(delivery);

        office.Postbox.To(Above).Should().ContainSingle();
        (await delivery.GetChannels())[0].Should().BeEquivalentTo(new { WebhookDisabled = "gone", WebhookUrl = Above });
        (await PostOffice.All(delivery)).Where(d => d.Kind == AlertKinds.WebhookDisabled).Select(d => d.Target).Should().BeEquivalentTo([Human, Own]);
        (await delivery.Replay(office.Postbox.To(Above)[0].Id, null))!.Status.Should().Be(DeliveryStatus.Failed, "there is nowhere to send it");
    }

    [Fact]
    public async Task Secrets_sign_and_are_told_once_and_are_nowhere_else()
    {
        await using var office = await PostOffice.Start(Store);
        var delivery = office.Of(BudgetCluster.NewAgent());
        var said = new List<string>();

        var made = await delivery.SetChannels(Hook(Layer.Own, Own), OldSecret);
        (await delivery.SetChannels(Hook(Layer.Own, Own), NewSecret)).Secret.Should().BeNull();
        office.Postbox.Answers = s => s.Secrets == OldSecret ? throw new InvalidOperationException($"A courier that talks: {s.Secrets}") : new Receipt(Carried.Delivered, 200);
        await PostOffice.Take(delivery, Warned(1));
        await office.Settled(delivery);
        var rotated = await delivery.RotateSecret(Layer.Own, NewSecret, TimeSpan.FromHours(1), "agent:manage");
        await office.Pass(delivery, TimeSpan.FromSeconds(5));
        office.Advance(TimeSpan.FromHours(1));
        await PostOffice.Take(delivery, Warned(2));
        var all = await office.Settled(delivery);

        (made.Secret, rotated.Secret).Should().Be((OldSecret, NewSecret));
        office.Postbox.To(Own).Select(s => s.Secrets).Should().Equal(OldSecret, $"{NewSecret} {OldSecret}", NewSecret);
        said.AddRange([office.Logged.Said, made.ToString(), rotated.ToString(), string.Join(' ', await delivery.GetChannels()), string.Join(' ', all)]);
        said.Should().OnlyContain(s => s.Length > 0 && !s.Contains("whsec_", StringComparison.Ordinal));
    }

    [Fact]
    public async Task More_than_may_wait_are_counted()
    {
        await using var office = await PostOffice.Start(Store);
        var delivery = await Opened(office);
        office.Postbox.Hang(Own);

        await PostOffice.Take(delivery, [.. Enumerable.Range(1, Lane.MostWaiting + 50).Select(i => Warned(i))]);
        await office.Postbox.Arrived(Own);

        (await delivery.GetChannels())[1].Should().BeEquivalentTo(new { Dropped = 50, Waiting = Lane.MostWaiting });
        office.Postbox.LetGo(Own);
        await office.Settled(delivery);
        office.Postbox.To(Own).Should().HaveCount(Lane.MostWaiting);
    }

    [Fact]
    public async Task What_becomes_of_letters_is_counted_and_no_figure_names_an_agent()
    {
        var counted = new ConcurrentBag<string>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, l) =>
            {
                if (instrument.Meter.Name == DeliveryMetrics.MeterName)
                {
                    l.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((_, _, tags, _) => counted.Add(string.Join(' ', tags.ToArray().Select(t => $"{t.Key}={t.Value}"))));
        listener.Start();
        await using var office = await PostOffice.Start(Store);
        var delivery = await Opened(office);
        office.Postbox.CanMail = false;
        office.Postbox.Answers = s => s.To == Above ? new Receipt(Carried.Gone, 410, "It wants no more.") : new Receipt(Carried.Delivered, 200);

        await PostOffice.Take(delivery, Warned(1));
        await office.Settled(delivery);

        counted.Should().Contain(["channel=webhook outcome=gone", "channel=webhook outcome=disabled", "channel=webhook outcome=delivered", "channel=email outcome=not_configured"])
            .And.OnlyContain(c => Regex.IsMatch(c, "^channel=(webhook|email) outcome=[a-z_]+$"));
    }

    /// <summary>A store that fails, receivers that fail, hundreds of alerts: all arrive, in order, or have failed with a reason, and none is invented.</summary>
    [Fact]
    public async Task Hundreds_of_alerts_arrive_or_have_failed_whatever_fails()
    {
        const int alerts = 300;

        // What ends between two looks must be remembered.
        const int batch = DeliveryState.MostFinished / 4;
        var random = new Random(1);
        var faulty = new FaultyJournalStore(Store, seed: 1);
        await using var office = await PostOffice.Start(faulty);
        var delivery = await Opened(office);
        var ended = new Dictionary<string, DeliveryView>();
        office.Postbox.Answers = _ => random.NextDouble() < 0.25 ? new Receipt(Carried.Failed, 503, "It answered 503.") : new Receipt(Carried.Delivered, 200);
        faulty.Share = 0.02;

        for (var from = 1; from <= alerts; from += batch)
        {
            await PostOffice.Take(delivery, [.. Enumerable.Range(from, batch).Select(i => Warned(i))]);
            for (var all = await office.Settled(delivery); ; all = await office.Settled(delivery))
            {
                foreach (var view in all.Where(d => d.Status != DeliveryStatus.Pending))
                {
                    ended[view.Id] = view;
                }

                if (all.TrueForAll(d => d.Status != DeliveryStatus.Pending))
                {
                    break;
                }

                office.Advance(TimeSpan.FromMinutes(30));
                await office.Wake(delivery);
            }
        }

        ended.Should().HaveCount(3 * alerts);
        ended.Values.Should().OnlyContain(d => d.Status == DeliveryStatus.Delivered || d.LastError == "It answered 503.");
        office.Postbox.MostAtOnce.Should().Be(1);
        foreach (var receiver in new[] { Above, Own, Human })
        {
            var sent = office.Postbox.To(receiver);
            sent.Select(s => int.Parse(s.Id.Split('_')[2].Split('-')[0])).Should().BeInAscendingOrder();
            sent.Select(s => s.Id).Distinct().Should().HaveCount(alerts);
            sent.GroupBy(s => s.Id).Should().OnlyContain(g => g.Select(s => s.Body).Distinct().Count() == 1);
        }
    }

    private static async Task<IDeliveryGrain> Opened(PostOffice office)
    {
        var delivery = office.Of(BudgetCluster.NewAgent());
        await delivery.SetChannels(Hook(Layer.Above, Above), OldSecret);
        await delivery.SetChannels(Told.Human(Layer.Above, Human), OldSecret);
        await delivery.SetChannels(Hook(Layer.Own, Own), NewSecret);
        return delivery;
    }

    private static async Task Until(Func<Task<bool>> happened)
    {
        while (!await UntilKnown(happened))
        {
            await Task.Yield();
        }
    }
}
