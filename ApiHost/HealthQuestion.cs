namespace Budgets.ApiHost;

/// <summary>Asks the host on this machine how it is, for container health checks: <c>dotnet Budgets.ApiHost.dll health</c>. Images have no curl.</summary>
internal static class HealthQuestion
{
    private const string Live = "live";
    private const string Ready = "ready";

    /// <summary>More than the host takes to say that the store does not answer.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(8);

    /// <param name="args">"live" or "ready" (the default), then settings as on the host's own command line.</param>
    /// <param name="print">Where the answer goes: a line.</param>
    /// <returns>The exit code: 0 for a yes.</returns>
    public static async Task<int> Ask(string[] args, TextWriter print)
    {
        var question = args is [Live or Ready, ..] ? args[0] : Ready;
        var configuration = new ConfigurationBuilder().AddEnvironmentVariables("ASPNETCORE_").AddEnvironmentVariables().AddCommandLine(args).Build();
        if (Address(configuration) is not { } address)
        {
            await print.WriteLineAsync("no: the host is told to listen on no http address");
            return 1;
        }

        try
        {
            using var client = new HttpClient { BaseAddress = address, Timeout = Patience };
            using var answer = await client.GetAsync($"/health/{question}");
            await print.WriteLineAsync(answer.IsSuccessStatusCode ? "yes" : $"no: {(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync()}");
            return answer.IsSuccessStatusCode ? 0 : 1;
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
        {
            await print.WriteLineAsync($"no: nobody answers at {address}: {e.Message}");
            return 1;
        }
    }

    /// <summary>The first plain address that these settings make the host listen on, as seen from its own machine.</summary>
    private static Uri? Address(IConfiguration settings)
    {
        var endpoints = settings.GetSection("Kestrel:Endpoints").GetChildren().Select(e => e["Url"]).OfType<string>().ToArray();
        var urls = endpoints is not [] ? endpoints
            : settings["urls"] is { Length: > 0 } given ? Split(given)
            : settings["http_ports"] is { Length: > 0 } ports ? [.. Split(ports).Select(p => $"http://*:{p}")]
            : [BudgetsApi.DefaultUrl];
        return urls.Select(BindingAddress.Parse).Where(a => a.Scheme == Uri.UriSchemeHttp).Select(a => new UriBuilder(a.Scheme, Reachable(a.Host), a.Port).Uri).FirstOrDefault();
    }

    private static string Reachable(string host) => host is "*" or "+" or "0.0.0.0" or "[::]" ? "localhost" : host;

    private static string[] Split(string list) => list.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}
