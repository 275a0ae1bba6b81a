using Budgets.Pricing;

namespace Budgets.Tests.Pricing;

/// <summary>The catalogue that comes with this version: what is in it, and which name finds what.</summary>
public sealed class CatalogueTests
{
    private static readonly Catalogue Delivered = CatalogueFile.Delivered;

    /// <summary>The names of the seed document.</summary>
    [Theory]
    [InlineData("claude-4-5-sonnet", "claude-sonnet-4-5")]
    [InlineData("gemini/gemini-2.5-flash", "gemini-2.5-flash")]
    [InlineData("deepseek/deepseek-r1", "deepseek-reasoner")]
    [InlineData("dall-e-3", "dall-e-3")]
    public void The_seeds_names_have_a_price(string name, string id)
    {
        Delivered.Find(name).Model!.Id.Should().Be(id);
        Priced.Quote(name, name == "dall-e-3" ? new TokenUsage(Images: 1) : new TokenUsage(1_000, 1_000)).Amount.Should().BeGreaterThan(Money.Zero);
    }

    [Theory]
    [InlineData("gpt-6-sol", "gpt-6-sol")]
    [InlineData("GPT-6-Sol", "gpt-6-sol")]
    [InlineData(" gpt-6-sol ", "gpt-6-sol")]
    [InlineData("openai/gpt-6-sol", "gpt-6-sol")]
    [InlineData("openai:gpt-6-sol", "gpt-6-sol")]
    [InlineData("gpt-6-sol-2026-09-01", "gpt-6-sol")]
    [InlineData("gpt-6-sol-20260901", "gpt-6-sol")]
    [InlineData("gpt-4o-20240806", "gpt-4o")]
    [InlineData("claude-sonnet-4-5-20250929", "claude-sonnet-4-5")]
    [InlineData("anthropic/claude-opus-5-5", "claude-opus-5-5")]
    [InlineData("vertex_ai/claude-opus-5-5", "vertex_ai/claude-opus-5-5")]
    [InlineData("models/gemini-2.5-pro", "gemini-2.5-pro")]
    [InlineData("xai/grok-4.6", "grok-4.6")]
    [InlineData("x-ai/grok-4.6", "grok-4.6")]
    [InlineData("mistral/mistral-large-2512", "mistral-large-2512")]
    [InlineData("openai/dall-e-3", "dall-e-3")]
    [InlineData("hd/1792-x-1024/dall-e-3", "hd/1024-x-1792/dall-e-3")]
    public void A_name_finds_its_model(string name, string id) => Priced.Delivered.Find(name).Model!.Id.Should().Be(id);

    /// <summary>What another provider asks for the same model is another price; what nobody knows has none. litellm I#25874, headroom I#3732, bifrost I#6036.</summary>
    [Theory]
    [InlineData("")]
    [InlineData("gpt")]
    [InlineData("gpt-9")]
    [InlineData("my-gpt-6-sol")]
    [InlineData("azure/gpt-6-sol")]
    [InlineData("openrouter/openai/gpt-6-sol")]
    [InlineData("bedrock/anthropic.claude-sonnet-4-5-v1:0")]
    [InlineData("openai/claude-opus-5-5")]
    [InlineData("openai/")]
    [InlineData("gpt-6-sol-20261399")]
    [InlineData("gpt-6-sol-٢٠٢٦-٠٩-٠١")]
    [InlineData("ada\u0000")]
    public void A_name_that_is_not_known_finds_nothing(string name) => Priced.Delivered.Find(name).Model.Should().BeNull();

    /// <summary>Their text would be priced, and what they are for would not.</summary>
    [Theory]
    [InlineData("gpt-realtime", "output_audio")]
    [InlineData("gemini-2.5-flash-image", "output_image")]
    [InlineData("whisper-1", "audio_hours")]
    [InlineData("gpt-4o-audio-preview-2024-12-17", "audio")]
    [InlineData("omni-moderation-latest", null)]
    public void A_model_that_usage_cannot_count_has_no_price_and_says_why(string name, string? why)
    {
        var fault = Priced.Quote(name, new TokenUsage(1_000, 1_000)).Fault!;

        (fault.Field, fault.Message).Should().Match<(string Field, string Message)>(f => f.Field == "model" && f.Message.Contains(why ?? "is not in the price catalogue"));
    }

    [Fact]
    public void Every_provider_has_its_current_models_with_a_price_for_today_and_a_longest_output()
    {
        string[] current =
        [
            "gpt-6-astra", "gpt-6-sol", "gpt-6-luna", "gpt-5.6-sol", "gpt-5", "o3", "claude-opus-5-5", "claude-fable-5-1", "claude-sonnet-5", "claude-haiku-4-5",
            "gemini-3.8-flash", "gemini-3.1-pro-preview", "gemini-2.5-pro", "deepseek-v4-pro", "deepseek-v4-flash", "grok-4.6", "grok-4.3",
        ];

        current.Select(id => Delivered[id]!.MaxOutputTokens).Should().NotContainNulls();
        Delivered["mistral-large-2512"].Should().NotBeNull("its longest output nobody tells");
        Delivered.Models.Where(m => m.At(Priced.Today) is null).Should().BeEmpty();
        Delivered.Models.Select(m => m.Provider).Distinct().Should().BeEquivalentTo("openai", "anthropic", "google", "deepseek", "x-ai", "mistral");
    }

    [Fact]
    public void Every_price_says_where_it_was_read_and_has_a_version_of_its_own()
    {
        var prices = Delivered.Models.SelectMany(m => m.Prices.Select(p => (m.Id, Price: p))).ToList();

        prices.Should().HaveCountGreaterThan(200).And.AllSatisfy(p =>
        {
            p.Price.Version.Should().MatchRegex($"^{System.Text.RegularExpressions.Regex.Escape(p.Id)}@[0-9a-f]{{12}}$");
            p.Price.Source.Should().MatchRegex("^@pydantic/genai-prices [0-9.]+$|^https://");
            (p.Price.From >= p.Price.Until).Should().BeFalse();
            (p.Price.Rates.Input ?? p.Price.Rates.Image).Should().NotBeNull();
        });
        prices.Select(p => p.Price.Version).Should().OnlyHaveUniqueItems();
    }

    [Fact]
    public async Task The_script_writes_the_same_bytes_as_long_as_the_packages_are_the_same()
    {
        var again = Path.GetTempFileName();

        await Peers.Run("", "scripts/prices.mjs", again);

        (await File.ReadAllBytesAsync(again)).Should().Equal(await File.ReadAllBytesAsync(Path.Combine(Peers.Root, "Grains", "Pricing", "prices.json")), "or run scripts/prices.sh");
        File.Delete(again);
    }
}
