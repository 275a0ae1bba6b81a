using System.Net.Sockets;
using System.Text;
using Budgets.ApiHost;
using Budgets.ApiHost.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Budgets.Tests.Http;

/// <summary>A host that has as many requests as it takes, none of which gets on.</summary>
public sealed class AdmissionTests : IAsyncLifetime
{
    private readonly string _directory = Directory.CreateTempSubdirectory("budgets-admission-").FullName;
    private readonly TaskCompletionSource _release = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _full = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private WebApplication _app = null!;
    private int _held;

    public async Task InitializeAsync()
    {
        _app = BudgetsApi.Build(["--urls", "http://127.0.0.1:0", "--Budgets:DataDirectory", _directory]);
        _app.MapGet("/held", Hold);
        await _app.StartAsync();
    }

    public async Task DisposeAsync()
    {
        _release.TrySetResult();
        await _app.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public async Task One_request_more_than_a_host_takes_is_turned_away_before_its_body_is_read()
    {
        using var client = new HttpClient { BaseAddress = new Uri(_app.Urls.Single()) };
        var held = Enumerable.Range(0, Admission.MostInFlight).Select(_ => client.GetAsync("/held")).ToList();
        await _full.Task;

        var answer = await FirstAnswer("POST /v1/charges HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n");
        answer.Should().StartWith("HTTP/1.1 503").And.Contain("Retry-After: 1").And.Contain("\"code\":\"overloaded\"");
        (await client.GetAsync("/health/live")).StatusCode.Should().Be(System.Net.HttpStatusCode.OK, "a full host is not a dead one");

        _release.SetResult();
        (await Task.WhenAll(held)).Should().OnlyContain(a => a.IsSuccessStatusCode);
        (await client.GetAsync("/v1/agents/me")).StatusCode.Should().Be(System.Net.HttpStatusCode.Unauthorized, "there is room again, and it has no key");
    }

    private async Task Hold(HttpContext http)
    {
        if (Interlocked.Increment(ref _held) == Admission.MostInFlight)
        {
            _full.SetResult();
        }

        await _release.Task;
    }

    /// <summary>To a request of which no more is ever sent.</summary>
    private async Task<string> FirstAnswer(string request)
    {
        using var client = new TcpClient();
        var address = new Uri(_app.Urls.Single());
        await client.ConnectAsync(address.Host, address.Port);
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(request));
        var (answer, buffer) = ("", new byte[4096]);
        while (!answer.Contains("\"code\"", StringComparison.Ordinal) && await client.GetStream().ReadAsync(buffer) is > 0 and var read)
        {
            answer += Encoding.UTF8.GetString(buffer, 0, read);
        }

        return answer;
    }
}
