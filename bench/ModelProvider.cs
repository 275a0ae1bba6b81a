using System.Buffers;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Budgets.Bench;

/// <summary>A provider of models that answers at once and always the same, so that what a gateway adds is all that is left to measure.</summary>
internal static class ModelProvider
{
    /// <summary>A member of the request: its stream says something every second until its caller has gone.</summary>
    public const string Lingers = "\"bench_lingers\"";

    private static readonly byte[] s_whole = """{"id":"chatcmpl-B9MBs8CjcvOU2jLn4n570S5qMJKcT","object":"chat.completion","created":1785000000,"model":"gpt-4o-mini-2024-07-18","choices":[{"index":0,"message":{"role":"assistant","content":"The harbour is quiet in the morning, and the first ferry leaves at seven. It takes forty minutes, and there is coffee on board.","refusal":null,"annotations":[]},"logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":219,"completion_tokens":29,"total_tokens":248,"prompt_tokens_details":{"cached_tokens":0,"audio_tokens":0},"completion_tokens_details":{"reasoning_tokens":0,"audio_tokens":0,"accepted_prediction_tokens":0,"rejected_prediction_tokens":0}},"service_tier":"default","system_fingerprint":"fp_44709d6fcb"}"""u8.ToArray();

    private static readonly byte[] s_piece = """data: {"id":"chatcmpl-B9MBs8CjcvOU2jLn4n570S5qMJKcT","object":"chat.completion.chunk","created":1785000000,"model":"gpt-4o-mini-2024-07-18","system_fingerprint":"fp_44709d6fcb","choices":[{"index":0,"delta":{"content":"The harbour is "},"logprobs":null,"finish_reason":null}],"usage":null}"""u8.ToArray().With("\n\n"u8);

    private static readonly byte[] s_usage = """data: {"id":"chatcmpl-B9MBs8CjcvOU2jLn4n570S5qMJKcT","object":"chat.completion.chunk","created":1785000000,"model":"gpt-4o-mini-2024-07-18","system_fingerprint":"fp_44709d6fcb","choices":[],"usage":{"prompt_tokens":219,"completion_tokens":29,"total_tokens":248}}"""u8.ToArray().With("\n\ndata: [DONE]\n\n"u8);

    public static async Task Run(string[] args)
    {
        var app = WebApplication.CreateSlimBuilder(args).Build();
        app.Run(Answer);
        await app.RunAsync();
    }

    private static async Task Answer(HttpContext http)
    {
        var (streams, lingers) = await Read(http);
        if (!streams)
        {
            http.Response.ContentType = "application/json";
            http.Response.ContentLength = s_whole.Length;
            await http.Response.BodyWriter.WriteAsync(s_whole);
            return;
        }

        http.Response.ContentType = "text/event-stream";
        http.Features.Get<IHttpResponseBodyFeature>()!.DisableBuffering();
        await Say(http, s_piece);
        if (lingers)
        {
            using var second = new PeriodicTimer(TimeSpan.FromSeconds(1));
            while (!http.RequestAborted.IsCancellationRequested)
            {
                await second.WaitForNextTickAsync(http.RequestAborted);
                await Say(http, s_piece);
            }
        }

        await Say(http, s_piece);
        await Say(http, s_usage);
    }

    private static async Task Say(HttpContext http, byte[] bytes)
    {
        await http.Response.BodyWriter.WriteAsync(bytes);
        await http.Response.BodyWriter.FlushAsync();
    }

    private static async Task<(bool Streams, bool Lingers)> Read(HttpContext http)
    {
        while (true)
        {
            var read = await http.Request.BodyReader.ReadAsync();
            if (read.IsCompleted)
            {
                var body = read.Buffer.ToArray();
                http.Request.BodyReader.AdvanceTo(read.Buffer.End);
                return (body.AsSpan().IndexOf("\"stream\":true"u8) >= 0, body.AsSpan().IndexOf(System.Text.Encoding.UTF8.GetBytes(Lingers)) >= 0);
            }

            http.Request.BodyReader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }

    private static byte[] With(this byte[] bytes, ReadOnlySpan<byte> more) => [.. bytes, .. more];
}
