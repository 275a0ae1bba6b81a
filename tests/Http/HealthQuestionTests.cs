using Budgets.ApiHost;

namespace Budgets.Tests.Http;

/// <summary>What a container's health check asks, of a host on the same machine.</summary>
[Collection(Api.Name)]
public sealed class HealthQuestionTests(Api api)
{
    [Theory]
    [InlineData("--urls", "http://127.0.0.1:{0}")]
    [InlineData("--urls", "https://127.0.0.1:1;http://127.0.0.1:{0}")]
    [InlineData("--urls", "http://*:{0}")]
    [InlineData("--http_ports", "{0};1")]
    [InlineData("--Kestrel:Endpoints:Plain:Url", "http://0.0.0.0:{0}")]
    public async Task A_host_is_found_where_its_settings_make_it_listen(string setting, string value)
    {
        var settings = new[] { setting, value.Replace("{0}", $"{api.Address.Port}", StringComparison.Ordinal) };

        (await Ask(settings)).Should().Be((0, "yes"));
        (await Ask(["live", .. settings])).Should().Be((0, "yes"));
    }

    [Fact]
    public async Task Where_nobody_listens_the_answer_is_no_and_names_the_address()
    {
        var (code, said) = await Ask(["--urls", "http://127.0.0.1:1"]);

        (code, said.StartsWith("no: nobody answers at http://127.0.0.1:1/", StringComparison.Ordinal)).Should().Be((1, true), said);
    }

    [Fact]
    public async Task A_host_without_a_plain_address_cannot_be_asked() =>
        (await Ask(["--urls", "https://127.0.0.1:443"])).Should().Be((1, "no: the host is told to listen on no http address"));

    private static async Task<(int Code, string Said)> Ask(string[] args)
    {
        var said = new StringWriter();
        var code = await HealthQuestion.Ask(args, said);
        return (code, said.ToString().TrimEnd());
    }
}
