using Budgets.ApiHost;
using Budgets.Couriers;
using Budgets.Delivery;
using Budgets.Tests.Gateway;
using Budgets.Tests.Journal;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Budgets.Tests.Couriers;

/// <summary>What couriers are told, and what is wrong with it: all of it at the start, without secrets.</summary>
public sealed class SettingsTests
{
    private static readonly (string, string)[] s_mail = [("Smtp:Host", "mail.example.com"), ("Smtp:From", "budgets@example.com")];

    [Fact]
    public void Without_a_word_there_is_no_mail_and_no_network_is_open()
    {
        var settings = Read();

        settings.Smtp.Should().BeNull();
        settings.AllowedNetworks.Should().BeEmpty();
    }

    [Fact]
    public void A_server_needs_a_host_and_a_sender()
    {
        Read(s_mail).Smtp.Should().Be(new SmtpSettings("mail.example.com", 587, null, null, SmtpSettings.Address("budgets@example.com")!));
        Read([.. s_mail, ("Smtp:Port", "465"), ("Smtp:User", "u"), ("Smtp:Password", "p")]).Smtp!.ToString().Should().Be("SMTP server mail.example.com:465");
    }

    [Theory]
    [InlineData("10.0.0.0/8, fd00::/8", "10.0.0.0/8 fd00::/8")]
    [InlineData("127.0.0.1/32 192.168.0.0/16", "127.0.0.1/32 192.168.0.0/16")]
    [InlineData(" ", "")]
    public void Networks_are_a_list(string text, string networks) =>
        string.Join(' ', Read(("Budgets:Webhooks:AllowedNetworks", text)).AllowedNetworks).Should().Be(networks);

    [Fact]
    public void Networks_may_be_told_one_by_one() =>
        Read(("Budgets:Webhooks:AllowedNetworks:0", "10.0.0.0/8"), ("Budgets:Webhooks:AllowedNetworks:1", "::1/128")).AllowedNetworks.Should().HaveCount(2);

    [Theory]
    [InlineData("10.0.0.1/8")]
    [InlineData("10.0.0.0")]
    [InlineData("10.0.0.0/33")]
    [InlineData("internal")]
    [InlineData("10/8")]
    public void What_is_no_network_is_a_fault(string text) =>
        Faults(("Budgets:Webhooks:AllowedNetworks", text)).Should().ContainSingle().Which.Should().StartWith($"Budgets:Webhooks:AllowedNetworks '{text}'");

    [Theory]
    [InlineData("Smtp:Host", "mail server")]
    [InlineData("Smtp:Port", "0")]
    [InlineData("Smtp:Port", "smtp")]
    [InlineData("Smtp:Port", "65536")]
    [InlineData("Smtp:From", "budgets")]
    [InlineData("Smtp:From", "a@example.com, b@example.com")]
    [InlineData("Smtp:From", "a@example.com\r\nBcc: b@example.com")]
    [InlineData("Smtp:User", "somebody")]
    [InlineData("Smtp:Password", "hush")]
    public void What_cannot_be_is_a_fault_of_its_setting(string name, string value) =>
        Faults([.. s_mail.Where(s => s.Item1 != name), (name, value)]).Should().ContainSingle().Which.Should().Contain(name).And.NotContain("hush");

    [Fact]
    public void An_API_host_lists_the_couriers_faults_with_its_own()
    {
        using var scratch = new ScratchDirectory();
        var start = FluentActions.Invoking(() => BudgetsApi.Build(
            ["--Budgets:DataDirectory", scratch.Path, "--Budgets:OperatorKey", "short", "--Smtp:Password", "hush", "--Budgets:Webhooks:AllowedNetworks", "everything"]));

        start.Should().Throw<OptionsValidationException>().Which.Failures.Should().SatisfyRespectively(
            f => f.Should().StartWith("Budgets:OperatorKey"),
            f => f.Should().StartWith("Smtp:Host must be set"),
            f => f.Should().StartWith("Smtp:User and Smtp:Password"),
            f => f.Should().StartWith("Smtp:From must be set"),
            f => f.Should().StartWith("Budgets:Webhooks:AllowedNetworks 'everything'")).And.OnlyContain(f => !f.Contains("hush"));
    }

    [Fact]
    public async Task A_silo_has_the_courier_that_its_settings_ask_for()
    {
        using var scratch = new ScratchDirectory();
        await using var app = BudgetsApi.Build(["--urls", "http://127.0.0.1:0", "--Budgets:DataDirectory", scratch.Path, "--Smtp:Host", "mail.example.com", "--Smtp:From", "budgets@example.com"]);

        app.Services.GetRequiredService<ICourier>().Should().BeOfType<Courier>().Which.CanMail.Should().BeTrue();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_silo_that_sends_no_mail_says_so_once_when_it_starts(bool mails)
    {
        using var scratch = new ScratchDirectory();
        using var log = new LogBook();
        string[] smtp = mails ? ["--Smtp:Host", "mail.example.com", "--Smtp:From", "budgets@example.com"] : [];
        await using var app = BudgetsApi.Build(["--urls", "http://127.0.0.1:0", "--Budgets:DataDirectory", scratch.Path, .. smtp], b => b.Logging.ClearProviders().AddProvider(log));

        await app.StartAsync();
        await app.StopAsync();

        log.Text.Split('\n').Count(l => l.Contains("No SMTP server is configured", StringComparison.Ordinal)).Should().Be(mails ? 0 : 1);
    }

    [Fact]
    public void Whoever_brings_a_courier_keeps_it()
    {
        using var own = Calling.Courier();
        var services = new ServiceCollection().AddSingleton<ICourier>(own).AddCouriers(new ConfigurationBuilder().Build());

        using var provider = services.BuildServiceProvider();
        provider.GetRequiredService<ICourier>().Should().BeSameAs(own);
    }

    private static CourierSettings Read(params (string Key, string Value)[] settings)
    {
        var faults = new List<string>();
        var read = CourierSettings.Read(Configured(settings), faults);
        faults.Should().BeEmpty();
        return read;
    }

    private static List<string> Faults(params (string Key, string Value)[] settings)
    {
        var faults = new List<string>();
        CourierSettings.Read(Configured(settings), faults);
        return faults;
    }

    private static IConfigurationRoot Configured((string Key, string Value)[] settings) =>
        new ConfigurationBuilder().AddInMemoryCollection(settings.Select(s => KeyValuePair.Create<string, string?>(s.Key, s.Value))).Build();
}
