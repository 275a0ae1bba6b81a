using Budgets.ApiHost.Gateway;
using Microsoft.Extensions.Configuration;

namespace Budgets.Tests.Gateway;

/// <summary>Tiers are what the operator has set; what is wrong with them is told at the start, all of it.</summary>
public sealed class TiersTests
{
    private static readonly (string, string)[] Good = [("Simple:Models", "a, b"), ("Simple:ExpectedQuality", "0.85"), ("Complex:Models", "c"), ("Complex:ExpectedQuality", "1")];

    [Fact]
    public void Tiers_are_read_in_their_order_with_the_seeds_threshold()
    {
        var (tiers, faults) = Read(Good);

        faults.Should().BeEmpty();
        tiers.All.Select(t => (t.Complexity, string.Join('+', t.Models), t.ExpectedQuality)).Should().Equal((Complexity.Simple, "a+b", 0.85), (Complexity.Complex, "c", 1));
        (tiers.QualityThreshold, tiers.FallbackNamed).Should().Be((0.8, false));
        Read().Tiers.AreSet.Should().BeFalse();
    }

    [Theory]
    [InlineData("Simple:Models", "", "1 to 16")]
    [InlineData("Simple:Models", "auto", "'auto'")]
    [InlineData("Simple:Models", "gpt-4o-search-preview", "search")]
    [InlineData("Simple:Models", "a,c", "'c' twice")]
    [InlineData("Simple:ExpectedQuality", "85", "ExpectedQuality")]
    [InlineData("Simple:ExpectedQuality", "NaN", "ExpectedQuality")]
    [InlineData("Simple:Quality", "1", "not known")]
    [InlineData("Hard:Models", "a", "not known")]
    [InlineData("QualityThreshold", "0", "QualityThreshold")]
    [InlineData("FallbackNamed", "yes", "FallbackNamed")]
    public void A_wrong_setting_is_told(string setting, string value, string told) =>
        Read([.. Good.Where(g => g.Item1 != setting), (setting, value)]).Faults.Should().ContainSingle().Which.Should().Contain(told);

    private static (Tiers Tiers, List<string> Faults) Read(params (string Key, string Value)[] settings)
    {
        var faults = new List<string>();
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(settings.Select(s => KeyValuePair.Create($"{Tiers.Section}:{s.Key}", (string?)s.Value))).Build();
        return (Tiers.Read(configuration, faults), faults);
    }
}
