using Budgets.ApiHost;
using Budgets.ApiHost.Auth;
using Microsoft.Extensions.Options;

namespace Budgets.Tests.Http;

public sealed class OperatorKeyTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("budgets-operator-").FullName;

    private string KeyFile => Path.Combine(_directory, "operator.key");

    [Fact]
    public void The_first_start_makes_a_key_prints_it_once_and_keeps_it_for_its_owner_only()
    {
        var (first, second) = (new StringWriter(), new StringWriter());

        var made = OperatorKey.Load(Options(), first);
        var kept = OperatorKey.Load(Options(), second);

        var key = File.ReadAllText(KeyFile).Trim();
        ApiKey.IsWellFormed(key, ApiKey.OperatorPrefix).Should().BeTrue();
        first.ToString().Should().Contain(key);
        second.ToString().Should().BeEmpty();
        (made.Digest, kept.Digest).Should().Be((ApiKey.Digest(key), ApiKey.Digest(key)));
        (OperatingSystem.IsWindows() ? default : File.GetUnixFileMode(KeyFile)).Should().Be(OperatingSystem.IsWindows() ? default : UnixFileMode.UserRead | UnixFileMode.UserWrite);
        Directory.GetFiles(_directory).Should().Equal(KeyFile);
    }

    [Fact]
    public void A_configured_key_is_used_and_neither_printed_nor_kept()
    {
        var (key, printed) = (ApiKey.New(ApiKey.OperatorPrefix), new StringWriter());

        OperatorKey.Load(new ApiOptions { DataDirectory = _directory, OperatorKey = key }, printed).Digest.Should().Be(ApiKey.Digest(key));

        printed.ToString().Should().BeEmpty();
        Directory.GetFiles(_directory).Should().BeEmpty();
    }

    [Fact]
    public void A_key_file_that_holds_no_key_stops_the_start()
    {
        File.WriteAllText(KeyFile, "hello");

        FluentActions.Invoking(() => OperatorKey.Load(Options(), TextWriter.Null)).Should().Throw<OptionsValidationException>().WithMessage("*operator.key*");
    }

    [Fact]
    public void Bad_configuration_stops_the_start_with_every_fault_and_without_the_secret()
    {
        File.WriteAllText(KeyFile, "");

        var start = FluentActions.Invoking(() => BudgetsApi.Build(["--Budgets:DataDirectory", KeyFile, "--Budgets:OperatorKey", "abo_secret"]));

        start.Should().Throw<OptionsValidationException>().Which.Failures.Should().HaveCount(2).And.NotContain(f => f.Contains("abo_secret", StringComparison.Ordinal));
    }

    [Fact]
    public void A_key_with_one_character_changed_is_malformed()
    {
        var key = ApiKey.New(ApiKey.AgentPrefix);

        ApiKey.IsWellFormed(key, ApiKey.AgentPrefix).Should().BeTrue();
        for (var i = 0; i < key.Length; i++)
        {
            var other = key[i] == 'x' ? 'y' : 'x';
            ApiKey.IsWellFormed(key[..i] + other + key[(i + 1)..], ApiKey.AgentPrefix).Should().BeFalse();
        }
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private ApiOptions Options() => new() { DataDirectory = _directory };
}
