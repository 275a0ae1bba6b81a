using System.Diagnostics;
using System.Diagnostics.Tracing;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Budgets.ApiHost.Gateway;
using Budgets.Tests.Couriers;
using Budgets.Tests.Http;

namespace Budgets.Tests.Gateway;

/// <summary>Wherever in a call a host could be named: nothing is looked up or connected to but the provider that the operator has set, and its key is seen by nobody else.</summary>
[Collection(GatewayApi.Name)]
public sealed class HostTests(GatewayApi api)
{
    private const string Canary = "canary-of-the-gateway";

    private static readonly string[] s_headers =
    [
        "OpenAI-Organization", "OpenAI-Project", "X-Forwarded-Host", "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Prefix", "Forwarded", "X-Original-URL", "X-Rewrite-URL", "X-Host", "Destination",
        "Referer", "Origin", "Via", "Helicone-Target-URL", "x-portkey-custom-host", "x-portkey-provider", "x-api-base", "x-base-url", "x-upstream", "api-base", "anthropic-base-url", "x-stainless-base-url", "Proxy", "X-Real-IP",
    ];

    [Fact]
    public async Task No_member_header_query_or_picture_names_a_host()
    {
        using var trap = new Trap();
        using var seen = new Lookups();
        using var traces = new Traces();
        var agent = await api.NewAgent();
        api.Provider.Says(Said.Completion());
        var answers = new StringBuilder();
        var corpus = Corpus(trap.Port);

        await Parallel.ForEachAsync(corpus, new ParallelOptions { MaxDegreeOfParallelism = 4 }, async (url, _) =>
        {
            var text = JsonSerializer.Serialize(url);
            var members = string.Concat(Features.NotPassed.Select(name => $"\"{name}\":{text},"));
            var body = $$$"""{{{{members}}}"model":"gpt-4o","max_tokens":5,"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":{{{text}}}}}]}]}""";
            var answer = await agent.Send("POST", $"/v1/chat/completions?api_base={Uri.EscapeDataString(url)}&base_url=x", new StringContent(body, Encoding.UTF8, "application/json"), request =>
            {
                foreach (var name in s_headers.Where(_ => url.Length < 500 && url.All(c => c is > ' ' and < '\u007f')))
                {
                    request.Headers.TryAddWithoutValidation(name, url);
                }
            });
            answer.Status.Should().Be(200, answer.Text);
            lock (answers)
            {
                answers.Append(answer.Text).Append(answer.Headers);
            }
        });

        api.Provider.Calls.Should().HaveCount(corpus.Count);
        api.Provider.Calls.Should().AllSatisfy(call =>
        {
            (call.Path, call.Query, call.Headers["host"]).Should().Be(("/v1/chat/completions", "", api.Provider.Address.Authority));
            call.Headers.Keys.Should().BeSubsetOf(["host", "authorization", "content-type", "content-length", "accept", "user-agent"]);
            JsonDocument.Parse(call.Body).RootElement.EnumerateObject().Select(m => m.Name).Should().Equal("model", "max_tokens", "messages");
        });
        (await api.AtRest(agent)).Should().HaveCount(2 * corpus.Count);
        trap.Connections.Should().Be(0);
        seen.Names.Should().NotContain(n => n.Contains(Canary, StringComparison.OrdinalIgnoreCase));
        var metrics = await api.Operator.Get("/metrics");
        foreach (var place in (string[])[answers.ToString(), api.Log.Text, metrics.Text, traces.Text])
        {
            place.Should().NotContainAny(GatewayApi.OpenAiKey, GatewayApi.AnthropicKey);
        }
    }

    [Fact]
    public async Task A_model_that_is_called_like_a_host_is_forwarded_to_nobody()
    {
        using var trap = new Trap();
        using var seen = new Lookups();
        var agent = await api.NewAgent();

        foreach (var url in Corpus(trap.Port))
        {
            foreach (var (path, members) in new[] { ("/v1/chat/completions", "\"messages\":[]"), ("/v1/embeddings", "\"input\":\"x\""), ("/v1/messages", "\"messages\":[]") }.Take(url.Length % 3 + 1))
            {
                var answer = await agent.Post(path, $$"""{"model":{{JsonSerializer.Serialize(url)}},"max_tokens":5,{{members}}}""");
                answer.Status.Should().BeInRange(400, 499, $"{url}: {answer.Text}");
            }
        }

        api.Provider.Calls.Should().BeEmpty();
        trap.Connections.Should().Be(0);
        seen.Names.Should().NotContain(n => n.Contains(Canary, StringComparison.OrdinalIgnoreCase));
    }

    [Theory]
    [InlineData("//v1/chat/completions")]
    [InlineData("/v1//chat/completions")]
    [InlineData("/v1/chat//completions")]
    [InlineData("/v1/./chat/completions")]
    [InlineData("/v1/x/../chat/completions")]
    [InlineData("/v1/chat/completions/../../../admin")]
    [InlineData("/v1/chat/completions/..%2f..%2fadmin")]
    [InlineData("/v1%2fchat%2fcompletions")]
    [InlineData("/v1/chat/completions%00.evil")]
    [InlineData("/v1/chat/completions;@127.0.0.1:{trap}/")]
    [InlineData("/v1/chat/completions@127.0.0.1:{trap}")]
    [InlineData("/v1/chat/completions#@127.0.0.1:{trap}")]
    [InlineData("/v1/chat/completions?@127.0.0.1:{trap}")]
    [InlineData("/v1/chat/completions\\..\\admin")]
    [InlineData("http://127.0.0.1:{trap}/v1/chat/completions")]
    [InlineData("http://canary-of-the-gateway.example.org/v1/chat/completions")]
    [InlineData("https://127.0.0.1:{trap}/v1/chat/completions")]
    [InlineData("127.0.0.1:{trap}")]
    [InlineData("/v1/http://127.0.0.1:{trap}/chat/completions")]
    [InlineData("/V1/CHAT/COMPLETIONS")]
    public async Task No_path_leads_elsewhere(string path)
    {
        using var trap = new Trap();
        using var seen = new Lookups();
        var agent = await api.NewAgent();
        api.Provider.Says(Said.Completion());
        var target = path.Replace("{trap}", $"{trap.Port}", StringComparison.Ordinal);

        foreach (var host in (string[])[api.Address.Authority, $"127.0.0.1:{trap.Port}", $"{Canary}.example.org"])
        {
            var status = await Ask(agent, target, host);
            status.Should().StartWith("HTTP/1.1 ");
        }

        foreach (var call in api.Provider.Calls)
        {
            (call.Path, call.Query, call.Headers["host"]).Should().Be(("/v1/chat/completions", "", api.Provider.Address.Authority));
        }

        trap.Connections.Should().Be(0);
        seen.Names.Should().NotContain(n => n.Contains(Canary, StringComparison.OrdinalIgnoreCase));
        await api.AtRest(agent);
    }

    /// <summary>The corpus of the webhooks, with names and ports that nobody but this test has.</summary>
    private static List<string> Corpus(int trap) =>
    [
        $"http://127.0.0.1:{trap}/v1", $"127.0.0.1:{trap}", $"http://{Canary}.example.org/v1", $"{Canary}.example.org", $"//127.0.0.1:{trap}", $"openai/http://127.0.0.1:{trap}/v1",
        .. BorderTests.Urls.Where(u => u.Length > 0).Select(u => u.Replace("example.org", Canary + ".example.org", StringComparison.Ordinal).Replace("127.0.0.1/", $"127.0.0.1:{trap}/", StringComparison.Ordinal)).Distinct(),
    ];

    private async Task<string> Ask(Agent agent, string target, string host)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(api.Address.Host, api.Address.Port);
        await socket.SendAsync(Encoding.UTF8.GetBytes(
            $"POST {target} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {agent.Key}\r\nContent-Type: application/json\r\nContent-Length: {Said.Hello.Length}\r\nConnection: close\r\n\r\n{Said.Hello}"));
        using var reader = new StreamReader(new NetworkStream(socket));
        var line = await reader.ReadLineAsync() ?? "";
        try
        {
            await reader.ReadToEndAsync();
        }
        catch (IOException)
        {
            // It was refused before its body was read.
        }

        return line;
    }

    /// <summary>Somebody who must not be called.</summary>
    private sealed class Trap : IDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

        public Trap() => _listener.Start();

        public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

        /// <summary>Nothing takes them, so that they wait where they can be seen.</summary>
        public int Connections => _listener.Pending() ? 1 : 0;

        public void Dispose() => _listener.Dispose();
    }

    /// <summary>What this process looks up or connects to.</summary>
    private sealed class Lookups : EventListener
    {
        private readonly System.Collections.Concurrent.ConcurrentQueue<string> _names = new();

        public IEnumerable<string> Names => _names;

        protected override void OnEventSourceCreated(EventSource eventSource)
        {
            if (eventSource.Name is "System.Net.NameResolution" or "System.Net.Http")
            {
                EnableEvents(eventSource, EventLevel.Informational);
            }
        }

        protected override void OnEventWritten(EventWrittenEventArgs eventData)
        {
            if (eventData.EventName is "ResolutionStart" or "RequestStart" or "ConnectionEstablished")
            {
                _names?.Enqueue(string.Join(' ', eventData.Payload ?? (IReadOnlyCollection<object?>)[]));
            }
        }
    }

    /// <summary>What any trace of this process says.</summary>
    private sealed class Traces : IDisposable
    {
        private readonly StringBuilder _text = new();
        private readonly ActivityListener _listener;

        public Traces()
        {
            _listener = new ActivityListener
            {
                ShouldListenTo = _ => true,
                Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
                ActivityStopped = Note,
            };
            ActivitySource.AddActivityListener(_listener);
        }

        public string Text
        {
            get
            {
                lock (_text)
                {
                    return _text.ToString();
                }
            }
        }

        public void Dispose() => _listener.Dispose();

        private void Note(Activity activity)
        {
            lock (_text)
            {
                _text.Append(activity.DisplayName).AppendJoin(' ', activity.TagObjects).AppendJoin(' ', activity.Events.SelectMany(e => e.Tags)).AppendLine();
            }
        }
    }
}
