using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Orleans;
using Orleans.Hosting;
using Orleans.Runtime;
using Orleans.Serialization;
using Orleans.Serialization.Serializers;
using Orleans.Storage;

namespace Budgets.Tests.Storage;

/// <summary>What Orleans' own persistence test kit asks of a provider, and what we ask on top.</summary>
public abstract class GrainStorageContract
{
    protected const string Name = "key";

    protected static readonly GrainId Grain = GrainId.Create("api-key", "k1");

    protected abstract IGrainStorage Storage { get; }

    /// <summary>A key with whatever the store can keep.</summary>
    protected virtual string SpecialKey => "ключ/\\#?%_'\"\n";

    protected static IGrainStorageSerializer Json { get; } =
        new SystemTextJsonGrainStorageSerializer(Options.Create(new SystemTextJsonGrainStorageSerializerOptions()));

    protected static IActivatorProvider Activators { get; } =
        new ServiceCollection().AddSerializer().BuildServiceProvider().GetRequiredService<IActivatorProvider>();

    [Fact]
    public async Task A_state_never_written_reads_as_a_fresh_one_that_does_not_exist()
    {
        var state = new GrainState<Note> { State = new Note { Text = "left over" }, ETag = "left over", RecordExists = true };

        await Storage.ReadStateAsync(Name, Grain, state);

        state.Should().BeEquivalentTo(Missing);
    }

    [Fact]
    public async Task A_written_state_reads_back_with_its_etag()
    {
        var written = await Write("a", 7);

        var read = await Read();

        read.Should().BeEquivalentTo(new GrainState<Note> { State = new Note { Text = "a", Count = 7 }, ETag = written.ETag, RecordExists = true });
        written.RecordExists.Should().BeTrue();
        written.ETag.Should().NotBeNullOrEmpty();
    }

    [Fact]
    public async Task A_second_first_write_is_refused_and_changes_nothing()
    {
        var first = await Write("first");

        await Refused(() => Write("second"), stored: first.ETag, current: null);

        (await Read()).Should().BeEquivalentTo(first);
    }

    [Fact]
    public async Task A_stale_write_is_refused_and_changes_nothing()
    {
        var stale = await Write("first");
        var latest = await Write("latest", etag: stale.ETag);

        await Refused(() => Write("stale", etag: stale.ETag), stored: latest.ETag, current: stale.ETag);

        (await Read()).Should().BeEquivalentTo(latest);
    }

    [Fact]
    public async Task A_refused_write_leaves_the_callers_etag_as_it_was()
    {
        var stored = await Write("first");
        var state = new GrainState<Note>(new Note()) { ETag = "stale" };

        await Refused(() => Storage.WriteStateAsync(Name, Grain, state), stored.ETag, current: "stale");

        state.ETag.Should().Be("stale");
        state.RecordExists.Should().BeFalse();
    }

    [Fact]
    public async Task A_write_over_a_state_that_is_gone_is_refused()
    {
        await Refused(() => Write("a", etag: "some other store's"), stored: null, current: "some other store's");

        (await Read()).Should().BeEquivalentTo(Missing);
    }

    [Fact]
    public async Task A_stale_clear_is_refused_and_changes_nothing()
    {
        var stale = await Write("first");
        var latest = await Write("latest", etag: stale.ETag);

        await Refused(() => Storage.ClearStateAsync(Name, Grain, new GrainState<Note> { ETag = stale.ETag }), stored: latest.ETag, current: stale.ETag);

        (await Read()).Should().BeEquivalentTo(latest);
    }

    [Fact]
    public async Task A_clear_that_believes_there_is_nothing_is_refused_where_there_is_something()
    {
        var latest = await Write("latest");

        await Refused(() => Storage.ClearStateAsync(Name, Grain, new GrainState<Note>()), stored: latest.ETag, current: null);

        (await Read()).Should().BeEquivalentTo(latest);
    }

    [Fact]
    public async Task The_etag_changes_on_every_write_even_of_equal_values()
    {
        var state = new GrainState<Note>(new Note { Text = "same" });
        var etags = new List<string?>();
        for (var i = 0; i < 5; i++)
        {
            await Storage.WriteStateAsync(Name, Grain, state);
            etags.Add(state.ETag);
        }

        etags.Should().OnlyHaveUniqueItems().And.NotContainNulls();
    }

    [Fact]
    public async Task A_cleared_state_is_gone_and_its_row_with_it()
    {
        var state = await Write("a");

        await Storage.ClearStateAsync(Name, Grain, state);

        state.Should().BeEquivalentTo(Missing);
        (await Read()).Should().BeEquivalentTo(Missing);
        (await Rows()).Should().Be(0);
    }

    [Fact]
    public async Task A_clear_before_the_first_write_and_a_second_clear_do_no_harm()
    {
        var state = new GrainState<Note> { State = new Note { Text = "left over" }, RecordExists = true };
        await Storage.ClearStateAsync(Name, Grain, state);
        state.Should().BeEquivalentTo(Missing);

        await Storage.WriteStateAsync(Name, Grain, state);
        await Storage.ClearStateAsync(Name, Grain, state);
        await Storage.ClearStateAsync(Name, Grain, state);
        state.Should().BeEquivalentTo(Missing);
    }

    [Fact]
    public async Task A_state_can_be_written_again_after_a_clear_and_an_etag_from_before_stays_stale()
    {
        var state = await Write("before");
        var before = state.ETag;
        await Storage.ClearStateAsync(Name, Grain, state);

        state.State = new Note { Text = "after" };
        await Storage.WriteStateAsync(Name, Grain, state);

        state.ETag.Should().NotBe(before);
        await Refused(() => Write("late", etag: before), stored: state.ETag, current: before);
        (await Read()).Should().BeEquivalentTo(state);
    }

    [Fact]
    public async Task State_names_and_grains_are_independent()
    {
        GrainId[] grains =
        [
            Grain,
            GrainId.Create("api-key", "k2"),
            GrainId.Create("api-key", SpecialKey),
            GrainId.Create("other", "k1"),
            GrainId.Create(GrainType.Create("other"), GrainIdKeyExtensions.CreateIntegerKey(long.MinValue)),
        ];
        string[] names = ["first", "second", "имя'--"];
        foreach (var (grain, name) in grains.SelectMany(_ => names, (grain, name) => (grain, name)))
        {
            await Write($"{grain} {name}", grain: grain, name: name);
        }

        foreach (var (grain, name) in grains.SelectMany(_ => names, (grain, name) => (grain, name)))
        {
            (await Read(grain, name)).State!.Text.Should().Be($"{grain} {name}");
        }

        (await Rows()).Should().Be(grains.Length * names.Length);
    }

    [Fact]
    public async Task Of_many_first_writes_at_once_exactly_one_wins()
    {
        var writes = Enumerable.Range(0, 20).Select(i => Record.ExceptionAsync(() => Write($"writer {i}")));

        var outcomes = await Task.WhenAll(writes);

        outcomes.Should().ContainSingle(e => e == null);
        outcomes.OfType<InconsistentStateException>().Should().HaveCount(19);
    }

    [Fact]
    public async Task Writes_and_reads_of_many_grains_at_once_do_not_mix()
    {
        await Parallel.ForEachAsync(Enumerable.Range(0, 20), async (i, _) =>
        {
            var grain = GrainId.Create("parallel", $"{i}");
            string? etag = null;
            for (var round = 0; round < 5; round++)
            {
                var written = await Write($"{i}", round, etag, grain);
                (await Read(grain)).Should().BeEquivalentTo(written);
                etag = written.ETag;
            }
        });
    }

    /// <summary>All sequences of four steps against a model: a write or clear succeeds exactly when its ETag is the stored one.</summary>
    [Fact]
    public async Task Every_short_history_agrees_with_the_model()
    {
        (bool Clear, string ETag)[] steps = [(false, "none"), (false, "current"), (false, "stale"), (true, "none"), (true, "current"), (true, "stale")];
        var histories = steps.SelectMany(_ => steps, (a, b) => (a, b)).SelectMany(_ => steps, (p, c) => (p.a, p.b, c))
            .Select((p, i) => (Grain: GrainId.Create("history", $"{i}"), Steps: new[] { steps[0], p.a, p.b, p.c }));

        foreach (var (grain, history) in histories)
        {
            (string? ETag, string? Text) model = (null, null);
            var stale = "never stored";
            foreach (var (clear, choice) in history)
            {
                var etag = choice == "none" ? null : choice == "stale" ? stale : model.ETag;
                var state = new GrainState<Note>(new Note { Text = $"{choice}" }) { ETag = etag };
                var failure = await Record.ExceptionAsync(() => clear ? Storage.ClearStateAsync(Name, grain, state) : Storage.WriteStateAsync(Name, grain, state));

                (failure is null).Should().Be(etag == model.ETag, "{0} of {1}", choice, string.Join(", ", history));
                if (failure is null)
                {
                    stale = model.ETag ?? stale;
                    model = clear ? (null, null) : (state.ETag, choice);
                }
                else
                {
                    failure.Should().BeOfType<InconsistentStateException>();
                }

                var read = await Read(grain);
                (read.ETag, read.State!.Text, read.RecordExists).Should().Be((model.ETag, model.Text, model.ETag is not null));
            }
        }
    }

    /// <summary>How many rows the store has.</summary>
    protected abstract Task<long> Rows();

    protected static GrainState<Note> Missing => new() { State = new Note() };

    protected async Task<GrainState<Note>> Write(string text, int count = 0, string? etag = null, GrainId? grain = null, string name = Name)
    {
        var state = new GrainState<Note>(new Note { Text = text, Count = count }) { ETag = etag };
        await Storage.WriteStateAsync(name, grain ?? Grain, state);
        return state;
    }

    protected async Task<GrainState<Note>> Read(GrainId? grain = null, string name = Name)
    {
        var state = new GrainState<Note>();
        await Storage.ReadStateAsync(name, grain ?? Grain, state);
        return state;
    }

    protected static async Task Refused(Func<Task> operation, string? stored, string? current)
    {
        var refusal = (await operation.Should().ThrowAsync<InconsistentStateException>()).Which;
        (refusal.StoredEtag, refusal.CurrentEtag).Should().Be((stored, current));
    }

    public sealed class Note
    {
        public string? Text { get; set; }

        public int Count { get; set; }
    }
}
