using Budgets.ApiHost.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Runtime;

namespace Budgets.Tests.Http;

/// <summary>Exceptions are for broken promises: each tells its caller what to do.</summary>
public sealed class BreakdownTests
{
    public static TheoryData<Exception, string> Breakdowns() => new()
    {
        { new StoreUnavailableException(), "store_unavailable" },
        { new JournalCorruptException(), "store_unavailable" },
        { new OverloadedException(), "overloaded" },
        { new OutcomeUnknownException(), "outcome_unknown" },
        { new TimeoutException(), "outcome_unknown" },
        { new SiloUnavailableException(), "outcome_unknown" },
        { new GatewayTooBusyException(), "outcome_unknown" },
        { new OperationCanceledException(), "outcome_unknown" },
        { new InvalidOperationException(), "internal_error" },
    };

    [Theory]
    [MemberData(nameof(Breakdowns), DisableDiscoveryEnumeration = true)]
    public async Task It_says_whether_to_repeat_and_with_which_key(Exception exception, string code)
    {
        var http = new DefaultHttpContext { Response = { Body = new MemoryStream() } };

        await ApiHost.Http.Breakdowns.Of(exception, NullLogger.Instance, "chg_made_here").Send(http);

        http.Response.Headers.RetryAfter.ToString().Should().Be("1");
        http.Response.StatusCode.Should().Be(code == "internal_error" ? 500 : 503);
        var body = System.Text.Json.JsonDocument.Parse(((MemoryStream)http.Response.Body).ToArray()).RootElement;
        body.GetProperty("code").GetString().Should().Be(code);
        body.GetProperty("idempotency_key").GetString().Should().Be("chg_made_here");
    }

    [Fact]
    public async Task A_batch_is_told_all_its_keys()
    {
        var http = new DefaultHttpContext { Response = { Body = new MemoryStream() } };

        await ApiHost.Http.Breakdowns.Of(new OutcomeUnknownException(), NullLogger.Instance, "a", "b").Send(http);

        var body = System.Text.Json.JsonDocument.Parse(((MemoryStream)http.Response.Body).ToArray()).RootElement;
        body.GetProperty("idempotency_keys").GetRawText().Should().Be("""["a","b"]""");
    }
}
