using System.Net.Http.Json;
using System.Text.Json;
using Budgets.Tests.Crash;
using Budgets.Tests.Journal;
using Budgets.Tests.Pricing;

namespace Budgets.Tests.Couriers;

/// <summary>maildev: takes every mail, and shows what a reader would see.</summary>
internal sealed class MailServer : IDisposable
{
    private readonly ScratchDirectory _mails = new();
    private readonly ChildProcess _process;
    private readonly HttpClient _web;

    private MailServer()
    {
        var ports = FreePorts.Take(2);
        Port = ports[0];
        _web = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{ports[1]}/") };
        _process = new ChildProcess("node",
        [
            Path.Combine(Peers.Root, "tests/Peers/node_modules/maildev/dist/bin/maildev.js"),
            "--smtp", $"{Port}", "--web", $"{ports[1]}", "--ip", "127.0.0.1", "--web-ip", "127.0.0.1", "--mail-directory", _mails.Path,
        ]);
    }

    public int Port { get; }

    public static async Task<MailServer> Start()
    {
        var server = new MailServer();
        await server._process.Says("Press Ctrl+C");
        return server;
    }

    public async Task<List<Mail>> Received()
    {
        var mails = new List<Mail>();
        foreach (var mail in await _web.GetFromJsonAsync<JsonElement[]>("api/email") ?? [])
        {
            var headers = mail.GetProperty("headers").EnumerateObject().ToDictionary(h => h.Name, h => h.Value.ToString());
            mails.Add(new Mail(
                mail.GetProperty("subject").GetString()!,
                mail.GetProperty("from")[0].GetProperty("address").GetString()!,
                string.Join(", ", mail.GetProperty("envelope").GetProperty("to").EnumerateArray().Select(t => t.GetProperty("address").GetString())),
                headers,
                mail.GetProperty("text").GetString()!,
                mail.GetProperty("html").GetString()!,
                await File.ReadAllTextAsync(mail.GetProperty("source").GetString()!)));
        }

        return mails;
    }

    public void Dispose()
    {
        _process.Dispose();
        _web.Dispose();
        _mails.Dispose();
    }
}

internal sealed record Mail(string Subject, string From, string To, Dictionary<string, string> Headers, string Text, string Html, string Source);
