using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Budgets.Tests.Crash;

namespace Budgets.Tests.Approvals;

/// <summary>Chromium without a window, steered by its own driver (W3C WebDriver). It runs no scripts: the pages must do without. scripts/install.sh chromedriver installs both.</summary>
internal sealed class Browser : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly ChildProcess _driver;
    private readonly HttpClient _http;
    private string _session = "";

    private Browser(ChildProcess driver, int port) => (_driver, _http) = (driver, new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}/") });

    /// <param name="host">A name of the public Internet, as it stands in links.</param>
    /// <param name="at">Where it is found today.</param>
    public static async Task<Browser> Open(string host, Uri at)
    {
        var port = FreePorts.Take(1)[0];
        var browser = new Browser(new ChildProcess("chromedriver", [$"--port={port}"]), port);
        await browser._driver.Says("started successfully");
        var session = await browser.Post("session", new
        {
            capabilities = new
            {
                alwaysMatch = new Dictionary<string, object>
                {
                    ["browserName"] = "chrome",
                    ["goog:chromeOptions"] = new
                    {
                        args = (string[])["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", $"--host-resolver-rules=MAP {host} {at.Host}:{at.Port}", "--disable-features=HttpsUpgrades"],
                        prefs = new Dictionary<string, object> { ["profile.managed_default_content_settings.javascript"] = 2 },
                    },
                },
            },
        });
        browser._session = session.GetProperty("sessionId").GetString()!;
        return browser;
    }

    public Task Go(string url) => Post($"session/{_session}/url", new { url });

    /// <summary>Until the page that a button leads to is there.</summary>
    public async Task Shows(string text)
    {
        using var deadline = new CancellationTokenSource(Patience);
        using var pause = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        while (!(await _http.GetFromJsonAsync<JsonElement>($"session/{_session}/source", deadline.Token)).GetProperty("value").GetString()!.Contains(text, StringComparison.Ordinal))
        {
            await pause.WaitForNextTickAsync(deadline.Token);
        }
    }

    public async Task<string> Text() => (await _http.GetFromJsonAsync<JsonElement>($"session/{_session}/element/{await Find("body")}/text")).GetProperty("value").GetString()!;

    public async Task Type(string selector, string text) => await Post($"session/{_session}/element/{await Find(selector)}/value", new { text });

    public async Task Press(string selector) => await Post($"session/{_session}/element/{await Find(selector)}/click", new { });

    public async ValueTask DisposeAsync()
    {
        using (await _http.DeleteAsync($"session/{_session}"))
        {
            _http.Dispose();
            _driver.Dispose();
        }
    }

    private async Task<string> Find(string selector) =>
        (await Post($"session/{_session}/element", new { @using = "css selector", value = selector })).EnumerateObject().First().Value.GetString()!;

    private async Task<JsonElement> Post(string path, object body)
    {
        // With its length: the driver takes no chunks.
        using var content = new StringContent(JsonSerializer.Serialize(body), Encoding.UTF8, "application/json");
        using var answer = await _http.PostAsync(path, content);
        var json = await answer.Content.ReadFromJsonAsync<JsonElement>();
        answer.IsSuccessStatusCode.Should().BeTrue(json.ToString());
        return json.GetProperty("value");
    }
}
