using Budgets.ApiHost.Gateway;
using CsCheck;

namespace Budgets.Tests.Gateway;

public sealed class SharesTests
{
    [Theory]
    [InlineData(22, new[] { 1, 4, 13 }, new long[] { 2, 5, 15 })]
    [InlineData(10, new[] { 1, 1, 1 }, new long[] { 4, 3, 3 })]
    [InlineData(3, new[] { 1, 1_000_000, 1 }, new long[] { 1, 1, 1 })]
    [InlineData(1, new[] { 1, 8 }, new long[] { 0, 1 })]
    [InlineData(0, new[] { 1, 8 }, new long[] { 0, 0 })]
    public void What_was_used_together_is_divided_by_weight(long whole, int[] weights, long[] shares) => Shares.Of(whole, weights).Should().Equal(shares);

    [Fact]
    public void Shares_add_up_and_none_is_free_while_there_is_enough() =>
        Gen.Select(Gen.Long[0, TokenUsage.Most], Gen.Int[1, 100_000].Array[1, 64]).Sample((whole, weights) =>
        {
            var shares = Shares.Of(whole, weights);
            shares.Sum().Should().Be(whole);
            shares.Should().OnlyContain(s => s >= (whole >= weights.Length ? 1 : 0));
        });
}
