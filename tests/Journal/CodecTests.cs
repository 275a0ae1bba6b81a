using System.Buffers;
using System.Text;
using Budgets.Journal;
using Budgets.Ledger;
using Budgets.Storage.Sqlite;
using Budgets.Tests.Grains;
using Budgets.Tests.Model;
using CsCheck;
using Microsoft.Data.Sqlite;

namespace Budgets.Tests.Journal;

/// <summary>Stored names and members are promises: what was written once must be read for ever.</summary>
public sealed class CodecTests
{
    public static TheoryData<string> Names => [.. Examples.Events.Select(e => e.GetType().Name).Distinct()];

    [Theory]
    [MemberData(nameof(Names))]
    public void An_event_is_stored_as_approved(string name)
    {
        var example = Examples.Events.First(e => e.GetType().Name == name);

        var stored = Encode(example);

        Approved.Equal(name, stored);
        Encode([.. BudgetCodec.Instance.Decode(stored)]).Should().Equal(stored);
        BudgetCodec.Instance.Decode(stored).Should().BeEquivalentTo([example], same => same.RespectingRuntimeTypes());
    }

    /// <summary>Members that came later are left out where they say nothing, so that entries without them are stored as they always were.</summary>
    [Theory]
    [InlineData("Charged")]
    [InlineData("Held")]
    [InlineData("Settled")]
    [InlineData("Configured")]
    public void An_event_with_a_price_is_stored_as_approved(string name)
    {
        var example = Examples.Priced.Single(e => e.GetType().Name == name);

        var stored = Encode(example);

        Approved.Equal($"{name}.Priced", stored);
        BudgetCodec.Instance.Decode(stored).Should().BeEquivalentTo([example], same => same.RespectingRuntimeTypes());
    }

    [Theory]
    [InlineData("Charged")]
    [InlineData("Held")]
    [InlineData("Configured")]
    [InlineData("Alerted")]
    public void An_event_with_an_approval_is_stored_as_approved(string name)
    {
        var example = Examples.Approved.Single(e => e.GetType().Name == name);

        var stored = Encode(example);

        Approved.Equal($"{name}.Approval", stored);
        BudgetCodec.Instance.Decode(stored).Should().BeEquivalentTo([example], same => same.RespectingRuntimeTypes());
    }

    [Theory]
    [InlineData(0, "Held.BooksItself")]
    [InlineData(1, "Settled.Assumed")]
    [InlineData(2, "Settled.Corrects")]
    [InlineData(3, "Released.Corrects")]
    public void A_hold_that_books_itself_is_stored_as_approved(int example, string name)
    {
        var stored = Encode(Examples.Assumed[example]);

        Approved.Equal(name, stored);
        BudgetCodec.Instance.Decode(stored).Should().BeEquivalentTo([Examples.Assumed[example]], same => same.RespectingRuntimeTypes());
    }

    [Fact]
    public void Money_for_several_calls_is_stored_as_approved()
    {
        Approved.Equal("Held.Whole", Encode(Examples.Whole));
        Approved.Equal("Held.Part", Encode(Examples.Part));
        BudgetCodec.Instance.Decode(Encode(Examples.Whole)).Should().BeEquivalentTo([Examples.Whole], same => same.RespectingRuntimeTypes());
        BudgetCodec.Instance.Decode(Encode(Examples.Part)).Should().BeEquivalentTo([Examples.Part], same => same.RespectingRuntimeTypes());
    }

    [Fact]
    public void Alerts_of_two_layers_are_stored_as_approved()
    {
        var stored = Encode(Examples.Layered);

        Approved.Equal("Configured.Layers", stored);
        BudgetCodec.Instance.Decode(stored).Should().BeEquivalentTo([Examples.Layered], same => same.RespectingRuntimeTypes());
    }

    [Fact]
    public void Economy_is_stored_as_approved()
    {
        var plain = Examples.Events.OfType<Configured>().Single();
        var example = plain with { Above = plain.Above with { EconomyAtPercent = 80 } };

        Approved.Equal("Configured.Economy", Encode(example));
        BudgetCodec.Instance.Decode(Encode(example)).Should().BeEquivalentTo([example], same => same.RespectingRuntimeTypes());
    }

    [Fact]
    public void The_mode_of_holds_is_stored_as_approved()
    {
        var stored = Encode(Examples.Expecting);

        Approved.Equal("Configured.Expected", stored);
        BudgetCodec.Instance.Decode(stored).Should().BeEquivalentTo([Examples.Expecting], same => same.RespectingRuntimeTypes());
    }

    [Fact]
    public void What_is_known_of_answers_is_in_the_snapshot()
    {
        var purpose = new Purpose("gpt-5", "chat");
        var outputs = Outputs.None.Add(purpose, new TokenUsage(1, 1)).Add(purpose, new TokenUsage(1, 100)).Add(purpose, new TokenUsage(1, 101)).Add(purpose, new TokenUsage(1, 1_000_000));
        var state = Examples.Events.Aggregate(new BudgetState(Examples.Agent), Fold.Apply) with { Outputs = outputs };

        var stored = Encode(state);

        Encoding.UTF8.GetString(stored).Should().Contain(""","outputs":[{"operation":"chat","model":"gpt-5","tallies":[{"step":1,"calls":1},{"step":22,"calls":2},{"step":75,"calls":1}]}]""");
        BudgetCodec.Instance.DecodeState(stored).Outputs.Should().Be(outputs);
    }

    [Fact]
    public void A_day_that_leads_to_an_earlier_closing_is_stored_as_approved()
    {
        var stored = Encode(Examples.Filed);

        Approved.Equal("DayClosed.Filed", stored);
        BudgetCodec.Instance.Decode(stored).Should().BeEquivalentTo([Examples.Filed], same => same.RespectingRuntimeTypes());
    }

    [Fact]
    public void Hours_are_stored_as_approved()
    {
        Approved.Equal("DayClosed.Hours", Encode(Examples.Hourly));
        Approved.Equal("Settled.Hour", Encode(Examples.SettledInHour));
        BudgetCodec.Instance.Decode(Encode(Examples.Hourly)).Should().BeEquivalentTo([Examples.Hourly], same => same.RespectingRuntimeTypes());
        BudgetCodec.Instance.Decode(Encode(Examples.SettledInHour)).Should().BeEquivalentTo([Examples.SettledInHour], same => same.RespectingRuntimeTypes());
    }

    [Fact]
    public void What_advice_is_made_of_is_stored_as_approved()
    {
        var (day, charge) = (Encode(Examples.Habitual), Encode(Examples.Prompted));

        Approved.Equal("DayClosed.Habits", day);
        Approved.Equal("Charged.Prompt", charge);
        BudgetCodec.Instance.Decode(day).Should().BeEquivalentTo([Examples.Habitual], same => same.RespectingRuntimeTypes());
        BudgetCodec.Instance.Decode(charge).Should().BeEquivalentTo([Examples.Prompted], same => same.RespectingRuntimeTypes());
    }

    [Fact]
    public void What_a_cache_saved_is_stored_as_approved()
    {
        var (day, charge) = (Encode(Examples.SparedDay), Encode(Examples.SparedCharge));

        Approved.Equal("DayClosed.Spared", day);
        Approved.Equal("Charged.Saved", charge);
        BudgetCodec.Instance.Decode(day).Should().BeEquivalentTo([Examples.SparedDay], same => same.RespectingRuntimeTypes());
        BudgetCodec.Instance.Decode(charge).Should().BeEquivalentTo([Examples.SparedCharge], same => same.RespectingRuntimeTypes());
    }

    /// <summary>An answer that was given before a restart is an answer after it.</summary>
    [Fact]
    public void A_state_knows_the_prompts_again_that_it_was_stored_with()
    {
        var state = Examples.Events.Aggregate(new BudgetState(Examples.Agent), Fold.Apply);
        var asked = Examples.Prompted.Purpose;
        state = state with { Prompts = state.Prompts.Seen(asked, state.Now).Prompts.Seen(asked with { PromptHash = "another" }, state.Now).Prompts };

        var read = BudgetCodec.Instance.DecodeState(Encode(state));

        read.Prompts.All().Should().Equal(state.Prompts.All());
        read.Prompts.Seen(asked, state.Now).IsRepeat.Should().BeTrue();
    }

    [Fact]
    public void A_state_is_stored_as_approved()
    {
        var state = Examples.Events.Aggregate(new BudgetState(Examples.Agent), Fold.Apply);

        Approved.Equal("State", Encode(state));
    }

    [Fact]
    public void Every_kind_of_event_has_an_example() => Examples.Events.Select(e => e.GetType()).Distinct().Should().BeEquivalentTo(
        typeof(BudgetEvent).Assembly.GetTypes().Where(t => t.IsSubclassOf(typeof(BudgetEvent))));

    [Fact]
    public async Task What_was_encoded_is_decoded_the_same() => await Step.Sequences(80).SampleAsync(async steps =>
    {
        var paper = new PaperSubject();
        await ModelRun.Take(paper, steps, thorough: false, []);
        var stored = Encode([.. paper.Events]);

        var decoded = BudgetCodec.Instance.Decode(stored);

        decoded.Should().BeEquivalentTo(paper.Events, same => same.RespectingRuntimeTypes().WithStrictOrdering());
        Encode([.. decoded]).Should().Equal(stored);
        if (paper.State.Exists)
        {
            var state = BudgetCodec.Instance.DecodeState(Encode(paper.State));
            Encode(state).Should().Equal(Encode(paper.State));
            state.Holds.Should().BeEquivalentTo(paper.State.Holds);
            state.Memory.All().Should().Equal(paper.State.Memory.All());
        }
    }, iter: 60, threads: 1);

    /// <summary>Written by earlier versions; it says what the counts say too.</summary>
    [Fact]
    public void A_derived_member_of_earlier_rows_is_passed_over()
    {
        var charged = Examples.Events.OfType<Charged>().First();
        var now = Encoding.UTF8.GetString(Encode(charged));
        var earlier = now.Replace("\"requests\":7}", "\"requests\":7,\"is_in_range\":true}", StringComparison.Ordinal);

        earlier.Should().NotBe(now);
        BudgetCodec.Instance.Decode(Encoding.UTF8.GetBytes(earlier)).Should().BeEquivalentTo([charged], same => same.RespectingRuntimeTypes());
    }

    [Theory]
    [InlineData("""[{"charged.v9":{}}]""")]
    [InlineData("""[{"":{}}]""")]
    [InlineData("""{"charged.v1":{}}""")]
    [InlineData("""[{"opened.v1":null}]""")]
    [InlineData("""[{"unfrozen.v1":{"at":"2026-03-04T10:00:00+00:00","by":"x"},"closed.v1":{}}]""")]
    [InlineData("null")]
    [InlineData("")]
    public void What_no_version_wrote_is_corrupt(string stored) =>
        FluentActions.Invoking(() => BudgetCodec.Instance.Decode(Encoding.UTF8.GetBytes(stored))).Should().Throw<JournalCorruptException>();

    [Theory]
    [MemberData(nameof(Names))]
    public void A_row_cut_short_anywhere_is_corrupt(string name)
    {
        var stored = Encode(Examples.Events.First(e => e.GetType().Name == name));

        for (var length = 0; length < stored.Length; length++)
        {
            FluentActions.Invoking(() => BudgetCodec.Instance.Decode(stored.AsMemory(0, length))).Should().Throw<JournalCorruptException>($"it ends after {length} bytes");
        }
    }

    /// <summary>A changed value can be well-formed, which the hash chain finds. What is not is said to be corrupt, and nothing else is thrown.</summary>
    [Theory]
    [MemberData(nameof(Names))]
    public void A_bit_flipped_anywhere_is_decoded_or_corrupt(string name)
    {
        var stored = Encode(Examples.Events.First(e => e.GetType().Name == name));
        var faults = new HashSet<string>();
        for (var bit = 0; bit < stored.Length * 8; bit++)
        {
            var flipped = stored.ToArray();
            flipped[bit / 8] ^= (byte)(1 << (bit % 8));
            try
            {
                BudgetCodec.Instance.Decode(flipped);
            }
            catch (Exception e)
            {
                faults.Add(e is JournalCorruptException ? "" : $"{e.GetType().Name}: {Encoding.UTF8.GetString(flipped)}");
            }
        }

        faults.Should().Equal("");
    }

    [Fact]
    public async Task A_budget_whose_history_was_changed_stays_shut()
    {
        using var scratch = new ScratchDirectory(inMemory: true);
        using var directory = DataDirectory.Open(scratch.Path);
        using var store = new SqliteJournalStore(directory);
        await using var cluster = await BudgetCluster.Start(store);
        var budget = await cluster.Open(Ask.Usd(10));
        await budget.Charge(Ask.Charge(2));
        await budget.Charge(Ask.Charge(3));
        await cluster.Deactivate(budget);

        Change(scratch, "\"amount\":2000000000", "\"amount\":1000000000");

        await budget.Invoking(async b => await b.GetBudget()).Should().ThrowAsync<JournalCorruptException>();
        await budget.Invoking(async b => await b.Charge(Ask.Charge(1))).Should().ThrowAsync<JournalCorruptException>();
        await budget.Invoking(async b => await b.GetUsage(UsagePeriod.Today)).Should().ThrowAsync<JournalCorruptException>();
        (await (await cluster.Open(Ask.Usd(10))).Charge(Ask.Charge(1))).Outcome.Should().Be(Outcome.Accepted, "others are not concerned");
    }

    [Fact]
    public async Task Every_byte_of_every_row_and_snapshot_is_under_the_seal()
    {
        var journal = new MemoryJournalStore().Open("a");
        var scribe = new Scribe(journal);
        for (var i = 0; i < 3; i++)
        {
            await scribe.Write(scribe.Next(2, snapshot: i == 1 ? """{"state":1}""" : null));
        }

        var previous = HashChain.Root;
        foreach (var row in scribe.Rows)
        {
            HashChain.Follows(previous, row).Should().BeTrue();
            Flipped(row.Events).Any(events => HashChain.Follows(previous, row with { Events = events })).Should().BeFalse();
            Flipped(row.Hash).Any(hash => HashChain.Follows(previous, row with { Hash = hash })).Should().BeFalse();
            Flipped(previous).Any(before => HashChain.Follows(before, row)).Should().BeFalse();
            previous = row.Hash;
        }

        var snapshot = scribe.Snapshot!;
        HashChain.IsSealed(snapshot).Should().BeTrue();
        Flipped(snapshot.State).Any(state => HashChain.IsSealed(snapshot with { State = state })).Should().BeFalse();
        Flipped(snapshot.Hash).Any(hash => HashChain.IsSealed(snapshot with { Hash = hash })).Should().BeFalse();
    }

    private static List<ReadOnlyMemory<byte>> Flipped(ReadOnlyMemory<byte> bytes) =>
    [
        .. Enumerable.Range(0, bytes.Length * 8).Select(bit =>
        {
            var flipped = bytes.ToArray();
            flipped[bit / 8] ^= (byte)(1 << (bit % 8));
            return (ReadOnlyMemory<byte>)flipped;
        }),
    ];

    private static void Change(ScratchDirectory scratch, string from, string to)
    {
        using var connection = new SqliteConnection($"Data Source={scratch.Database};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "UPDATE entries SET events = replace(events, $from, $to) WHERE instr(events, $from) > 0";
        command.Parameters.AddWithValue("$from", from);
        command.Parameters.AddWithValue("$to", to);
        command.ExecuteNonQuery().Should().Be(1);
    }

    private static byte[] Encode(params BudgetEvent[] events)
    {
        var written = new ArrayBufferWriter<byte>();
        BudgetCodec.Instance.Encode(events, written);
        return written.WrittenSpan.ToArray();
    }

    private static byte[] Encode(BudgetState state)
    {
        var written = new ArrayBufferWriter<byte>();
        BudgetCodec.Instance.EncodeState(state, written);
        return written.WrittenSpan.ToArray();
    }
}
