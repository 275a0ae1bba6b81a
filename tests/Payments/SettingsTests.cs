using Budgets.ApiHost;
using Budgets.Payments;
using Budgets.Recharge;
using Budgets.Tests.Journal;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Budgets.Tests.Payments;

/// <summary>Whoever could take money with half a configuration does not start.</summary>
public sealed class SettingsTests
{
    private const string Key = "sk_test_hush";
    private const string Secret = "whsec_hush";

    [Fact]
    public void Without_Stripe_payments_are_simulated() => Read().Settings.Should().BeNull();

    [Fact]
    public void Stripe_needs_a_key_and_a_secret()
    {
        var (settings, faults) = Read(("ApiKey", Key), ("WebhookSecret", Secret));

        faults.Should().BeEmpty();
        settings.Should().Be(new PaymentSettings(Key, Secret, new Uri("https://api.stripe.com")));
    }

    [Theory]
    [InlineData(null, Secret, null, "Stripe:ApiKey must be set")]
    [InlineData(Key, null, null, "Stripe:WebhookSecret must be set")]
    [InlineData(Key, "", null, "Stripe:WebhookSecret must be set")]
    [InlineData("pk_test_hush", Secret, null, "Stripe:ApiKey is not")]
    [InlineData("sk_te st", Secret, null, "Stripe:ApiKey is not")]
    [InlineData(Key, "hush", null, "Stripe:WebhookSecret is not")]
    [InlineData(Key, Secret, "http://api.stripe.com", "Stripe:BaseUrl 'http://api.stripe.com'")]
    [InlineData(Key, Secret, "ftp://127.0.0.1", "Stripe:BaseUrl")]
    [InlineData(Key, Secret, "https://user:pass@api.stripe.com", "Stripe:BaseUrl")]
    [InlineData(Key, Secret, "https://api.stripe.com/v1", "Stripe:BaseUrl")]
    [InlineData(Key, Secret, "api.stripe.com", "Stripe:BaseUrl")]
    [InlineData(null, null, "https://api.stripe.com", "Stripe:ApiKey must be set")]
    public void A_fault_says_what_mends_it_and_repeats_no_secret(string? key, string? secret, string? url, string fault)
    {
        var (settings, faults) = Read(("ApiKey", key), ("WebhookSecret", secret), ("BaseUrl", url));

        settings.Should().BeNull();
        faults.Should().Contain(f => f.StartsWith(fault, StringComparison.Ordinal)).And.NotContain(f => f.Contains("hush", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("http://127.0.0.1:12111")]
    [InlineData("http://localhost:12111/")]
    [InlineData("https://stripe.example.com")]
    public void Tests_and_proxies_have_an_address_of_their_own(string url) => Read(("ApiKey", Key), ("WebhookSecret", Secret), ("BaseUrl", url)).Settings!.BaseUrl.Should().Be(new Uri(url));

    [Fact]
    public void A_host_does_not_start_without_a_secret_and_lists_this_fault_with_the_others() =>
        FluentActions.Invoking(() => BudgetsApi.Build(["--Stripe:ApiKey", Key, "--Smtp:Host", "x y", "--Budgets:DataDirectory", "unused"]))
            .Should().Throw<OptionsValidationException>().Which.Failures.Should().Contain(f => f.StartsWith("Stripe:WebhookSecret", StringComparison.Ordinal))
            .And.Contain(f => f.StartsWith("Smtp:Host", StringComparison.Ordinal)).And.NotContain(f => f.Contains(Key, StringComparison.Ordinal));

    [Fact]
    public async Task A_host_has_whoever_its_settings_name()
    {
        using var scratch = new ScratchDirectory();
        await using var simulated = BudgetsApi.Build(["--urls", "http://127.0.0.1:0", "--Budgets:DataDirectory", scratch.Path]);
        await using var stripe = BudgetsApi.Build(
            ["--urls", "http://127.0.0.1:0", "--Budgets:DataDirectory", scratch.Path, "--Stripe:ApiKey", Key, "--Stripe:WebhookSecret", Secret]);

        simulated.Services.GetRequiredService<IPayments>().Name.Should().Be("simulated");
        stripe.Services.GetRequiredService<IPayments>().Name.Should().Be("stripe");
    }

    private static (PaymentSettings? Settings, List<string> Faults) Read(params (string Key, string? Value)[] settings)
    {
        var faults = new List<string>();
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(settings.Select(s => KeyValuePair.Create($"Stripe:{s.Key}", s.Value))).Build();
        return (PaymentSettings.Read(configuration, faults), faults);
    }
}
