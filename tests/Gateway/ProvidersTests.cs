using Budgets.ApiHost.Gateway;
using Microsoft.Extensions.Configuration;

namespace Budgets.Tests.Gateway;

/// <summary>Providers are what the operator has set; what is wrong with it is told at the start, all of it, without the keys.</summary>
public sealed class ProvidersTests
{
    private const string Key = "sk-canary";

    [Fact]
    public void A_key_is_all_that_a_known_provider_needs()
    {
        var (providers, faults) = Read(("openai:ApiKey", Key), ("Anthropic:ApiKey", Key));

        faults.Should().BeEmpty();
        providers.For(Dialect.OpenAi, "openai")!.At("/v1/chat/completions").Should().Be("https://api.openai.com/v1/chat/completions");
        providers.For(Dialect.Anthropic, "anthropic")!.At("/v1/messages").Should().Be("https://api.anthropic.com/v1/messages");
        providers.For(Dialect.OpenAi, "openai")!.ToString().Should().NotContain(Key);
    }

    [Fact]
    public void A_model_goes_to_its_maker_and_an_unknown_one_to_where_the_dialect_is_at_home()
    {
        var (providers, _) = Read(("openai:ApiKey", Key), ("deepseek:ApiKey", Key), ("deepseek:BaseUrl", "https://api.deepseek.com/v1"));

        providers.For(Dialect.OpenAi, "deepseek")!.Name.Should().Be("deepseek");
        providers.For(Dialect.OpenAi, null)!.Name.Should().Be("openai");
        providers.For(Dialect.OpenAi, "anthropic").Should().BeNull();
        providers.For(Dialect.Anthropic, "openai").Should().BeNull("it does not speak that");
        providers.For(Dialect.Anthropic, null).Should().BeNull();
    }

    [Theory]
    [InlineData("openai:BaseUrl", "http://api.openai.com/v1", "https://")]
    [InlineData("openai:BaseUrl", "http://169.254.169.254/v1", "https://")]
    [InlineData("openai:BaseUrl", "ftp://x/v1", "URL")]
    [InlineData("openai:BaseUrl", "api.openai.com", "URL")]
    [InlineData("openai:BaseUrl", "https://user:secret@x/v1", "user")]
    [InlineData("openai:BaseUrl", "https://x/v1?a=b", "query")]
    [InlineData("openai:ApiKy", Key, "not known")]
    [InlineData("openai:Dialect", "gemini", "Dialect")]
    [InlineData("openai:ApiKey", "sk canary", "visible")]
    [InlineData("openai:ApiKey", "", "visible")]
    [InlineData("groq:ApiKey", Key, "BaseUrl must be set")]
    public void A_wrong_setting_is_told(string setting, string value, string told)
    {
        var (_, faults) = Read(setting.EndsWith("ApiKey", StringComparison.Ordinal) ? [(setting, value)] : [("openai:ApiKey", Key), (setting, value)]);

        faults.Should().ContainSingle().Which.Should().Contain(told).And.NotContainAny(Key, "secret");
    }

    [Fact]
    public void All_faults_are_told_at_once() =>
        Read(("openai:BaseUrl", "nonsense"), ("x:Dialect", "y")).Faults.Should().HaveCount(5);

    [Fact]
    public void Loopback_needs_no_https() =>
        Read(("openai:ApiKey", Key), ("openai:BaseUrl", "http://127.0.0.1:4010/v1")).Faults.Should().BeEmpty();

    private static (Providers Providers, List<string> Faults) Read(params (string Key, string Value)[] settings)
    {
        var faults = new List<string>();
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(settings.Select(s => KeyValuePair.Create($"{Providers.Section}:{s.Key}", (string?)s.Value))).Build();
        return (Providers.Read(configuration, faults), faults);
    }
}
