using System.Text;
using Budgets.Tests.Http;
using Microsoft.AspNetCore.Http;

namespace Budgets.Tests.Gateway;

/// <summary>An error that comes with a status of 200 tells as little of the operator's account as any other.</summary>
[Collection(GatewayApi.Name)]
public sealed class DiscretionTests(GatewayApi api)
{
    private const string Canaries = "key KEY or sk-proj-*****xyz9 of org-canary123 is out of quota";
    private const string Hidden = "key [hidden] or [hidden] of [hidden] is out of quota";

    /// <summary>By dialect: the events before the error, and the error itself.</summary>
    public static TheoryData<string, string, string> Streams => new()
    {
        { "/v1/chat/completions", Said.HelloStreamed, """data: {"error":{"message":"CANARIES","type":"server_error","param":null,"code":null}}""" },
        { "/v1/chat/completions", """{"model":"gpt-4o","stream":true,"stream_options":{"include_usage":true},"messages":[],"max_tokens":100}""", """data: {"id":"c1","choices":[],"error":{"message":"CANARIES"}}""" },
        { "/v1/responses", Way.ResponsesStreamed.Body, """data: {"type":"error","sequence_number":2,"code":"server_error","message":"CANARIES","param":null}""" },
        { "/v1/responses", Way.ResponsesStreamed.Body, """data: {"type":"response.failed","sequence_number":2,"response":{"id":"resp_1","status":"failed","error":{"code":"server_error","message":"CANARIES"},"output":[]}}""" },
        { "/v1/messages", Said.ClaudeStreamed, "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"CANARIES\"}}" },
    };

    /// <summary>The network cuts the key in two: the caller has the event before it by then, and nothing of the error.</summary>
    [Theory]
    [MemberData(nameof(Streams))]
    public async Task Neither_keys_nor_accounts_are_in_an_error_inside_of_a_stream(string path, string body, string error)
    {
        var agent = await api.NewAgent();
        var key = path == ModelPath ? GatewayApi.AnthropicKey : GatewayApi.OpenAiKey;
        var good = $"{Before(path)}\n\n";
        var bad = $"{error.Replace("CANARIES", Canaries.Replace("KEY", key, StringComparison.Ordinal), StringComparison.Ordinal)}\n\n";
        var (first, second) = (new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously), new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        api.Provider.Answer = async (http, _) =>
        {
            var cut = bad.IndexOf(key, StringComparison.Ordinal) + (key.Length / 2);
            http.Response.ContentType = "text/event-stream";
            await Send(http, good + bad[..cut]);
            await first.Task;
            await Send(http, bad[cut..]);
            await second.Task;
        };
        using var http = new HttpClient { BaseAddress = api.Address };
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        request.Headers.Add("Authorization", "Bearer " + agent.Key);
        using var answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        await using var stream = await answer.Content.ReadAsStreamAsync();

        (await Read(stream, good.Length)).Should().Be(good, "what is no error is passed on at once, as it came");
        first.SetResult();
        var told = error.Replace("CANARIES", Hidden, StringComparison.Ordinal) + "\n\n";
        (await Read(stream, told.Length)).Should().Be(told);

        second.SetResult();
        await api.AtRest(agent);
        api.Log.Text.Should().NotContainAny(GatewayApi.OpenAiKey, GatewayApi.AnthropicKey);
    }

    [Theory]
    [InlineData("/v1/chat/completions", Said.Hello, """{"error":{"message":"CANARIES","type":"server_error"}}""")]
    [InlineData("/v1/chat/completions", Said.HelloStreamed, """{"error":{"message":"CANARIES","type":"server_error"}}""")]
    [InlineData("/v1/chat/completions", Said.Hello, "CANARIES")]
    [InlineData("/v1/responses", """{"model":"gpt-4o","input":"hello","max_output_tokens":100}""", """{"id":"resp_1","status":"failed","error":{"code":"server_error","message":"CANARIES"},"output":[]}""")]
    [InlineData("/v1/messages", Said.Claude, """{"type":"error","error":{"type":"api_error","message":"CANARIES"}}""")]
    [InlineData("/v1/messages/count_tokens", """{"model":"claude-haiku-4-5","messages":[]}""", """{"type":"error","error":{"type":"api_error","message":"CANARIES"}}""")]
    [InlineData("/v1/embeddings", """{"model":"text-embedding-3-small","input":"hello"}""", """{"error":{"message":"CANARIES"}}""")]
    public async Task Neither_keys_nor_accounts_are_in_an_error_instead_of_an_answer(string path, string body, string error)
    {
        var agent = await api.NewAgent();
        var key = path.StartsWith(ModelPath, StringComparison.Ordinal) ? GatewayApi.AnthropicKey : GatewayApi.OpenAiKey;
        api.Provider.Says(error.Replace("CANARIES", Canaries.Replace("KEY", key, StringComparison.Ordinal), StringComparison.Ordinal));

        var answer = await agent.Post(path, body);

        (answer.Status, answer.Text).Should().Be((200, error.Replace("CANARIES", Hidden, StringComparison.Ordinal)));
    }

    private static string ModelPath => Way.Messages.Path;

    /// <summary>Words in an answer that look like names of accounts are the model's.</summary>
    private static string Before(string path) => path switch
    {
        "/v1/chat/completions" => Said.Chunk("an sk-learner in org-mode"),
        "/v1/responses" => """data: {"type":"response.output_text.delta","sequence_number":1,"item_id":"msg_1","output_index":0,"content_index":0,"delta":"an sk-learner in org-mode","logprobs":[]}""",
        _ => "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"an sk-learner in org-mode\"}}",
    };

    private static async Task Send(HttpContext http, string text)
    {
        await http.Response.WriteAsync(text);
        await http.Response.Body.FlushAsync();
    }

    private static async Task<string> Read(Stream stream, int bytes)
    {
        var read = new byte[bytes];
        await stream.ReadExactlyAsync(read);
        return Encoding.UTF8.GetString(read);
    }
}
