using Budgets.Ledger;

namespace Budgets.Tests.Ledger;

public sealed class MemoryTests
{
    /// <summary>After any number of entries: the newest are there, and what is missing is not newer than the memory says.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(256)]
    [InlineData(257)]
    [InlineData(Memory.Least)]
    [InlineData(5000)]
    public void The_newest_digests_are_remembered_and_what_is_forgotten_is_told(int count)
    {
        var memory = Filled(count);

        for (var i = 1; i <= count; i++)
        {
            var mustKnow = i > count - Memory.Least || i > memory.ForgottenUpTo;
            if (mustKnow || memory[Name(i)] is not null)
            {
                memory[Name(i)].Should().Be(At(i));
            }
        }

        memory.ForgottenUpTo.Should().BeInRange(0, Math.Max(0, count - Memory.Least));
        memory[Name(count + 1)].Should().BeNull();
    }

    [Fact]
    public void Nothing_is_forgotten_that_fits() => Filled(Memory.Least).ForgottenUpTo.Should().Be(0);

    [Fact]
    public void A_digest_remembered_again_is_known_by_its_newest_entry_and_is_not_forgotten_with_the_older()
    {
        var again = new Remembered(1_000_000, Digest.None, EntryKind.Settle);
        var memory = Filled(Memory.Least).Remember(Name(1), again);

        for (var i = 0; i < Memory.Least - 1; i++)
        {
            memory[Name(1)].Should().Be(again);
            memory = memory.Remember(Name(2_000_000 + i), At(2_000_000 + i));
        }
    }

    [Fact]
    public void The_memory_never_grows_beyond_its_bound() =>
        Filled(20_000).All().Should().HaveCountLessThan(2 * Memory.Least);

    [Fact]
    public void What_is_told_of_a_memory_makes_the_same_memory()
    {
        var memory = Filled(3000).Remember(Name(2999), new Remembered(3001, Digest.None, EntryKind.Settle));

        var copy = Memory.Of(memory.All(), memory.ForgottenUpTo);

        copy.ForgottenUpTo.Should().BeGreaterThanOrEqualTo(memory.ForgottenUpTo).And.BeLessThanOrEqualTo(3000 - Memory.Least);
        copy.All().TakeLast(Memory.Least).Should().Equal(memory.All().TakeLast(Memory.Least));
        copy[Name(2999)]!.Value.Kind.Should().Be(EntryKind.Settle);
    }

    [Fact]
    public void An_older_memory_is_not_changed_by_a_newer_one()
    {
        var older = Filled(100);

        _ = older.Remember(Name(1), new Remembered(101, Digest.None, EntryKind.Settle)).Remember(Name(102), At(102));

        older[Name(1)].Should().Be(At(1));
        older[Name(102)].Should().BeNull();
    }

    /// <summary>Versions share what they have in common: neither may see what the other adds.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(255)]
    [InlineData(256)]
    [InlineData(1000)]
    public void Two_memories_that_go_on_from_one_do_not_see_each_other(int common)
    {
        var root = Filled(common);
        var (left, right) = (root, root);
        for (var i = 1; i <= 300; i++)
        {
            left = left.Remember(Name(10_000 + i), At(10_000 + i));
            right = right.Remember(Name(20_000 + i), At(20_000 + i));

            left[Name(20_000 + i)].Should().BeNull();
            right[Name(10_000 + i)].Should().BeNull();
            root[Name(10_000 + i)].Should().BeNull();
        }

        left[Name(10_300)].Should().Be(At(10_300));
        right[Name(20_001)].Should().Be(At(20_001));
        root.All().Should().HaveCount(common);
    }

    [Fact]
    public void A_key_is_told_from_a_hold_of_the_same_name() =>
        Digest.Of(new IdempotencyKey("x")).Should().NotBe(Digest.Of(new HoldId("x")));

    private static Memory Filled(int count) => Enumerable.Range(1, count).Aggregate(Memory.Empty, (m, i) => m.Remember(Name(i), At(i)));

    private static Remembered At(int seq) => new(seq, Digest.None, EntryKind.Charge);

    private static Digest Name(int i) => Digest.Of(new IdempotencyKey($"key-{i}"));
}
