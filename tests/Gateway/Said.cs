namespace Budgets.Tests.Gateway;

/// <summary>What providers say, in few words.</summary>
internal static class Said
{
    public const string Hello = """{"model":"gpt-4o","messages":[{"role":"user","content":"hello"}],"max_tokens":100}""";
    public const string HelloStreamed = """{"model":"gpt-4o","stream":true,"messages":[{"role":"user","content":"hello"}],"max_tokens":100}""";
    public const string Claude = """{"model":"claude-haiku-4-5","max_tokens":100,"messages":[{"role":"user","content":"hello"}]}""";
    public const string ClaudeStreamed = """{"model":"claude-haiku-4-5","max_tokens":100,"stream":true,"messages":[{"role":"user","content":"hello"}]}""";

    public static string Completion(string usage = """{"prompt_tokens":11,"completion_tokens":9,"total_tokens":20}""") =>
        $$"""{"id":"c1","object":"chat.completion","created":1,"model":"gpt-4o-2024-08-06","choices":[{"index":0,"message":{"role":"assistant","content":"Hi there"},"finish_reason":"stop"}],"usage":{{usage}}}""";

    public static string Chunk(string content) =>
        $$"""data: {"id":"c1","object":"chat.completion.chunk","created":1,"model":"gpt-4o","choices":[{"index":0,"delta":{"content":"{{content}}"},"finish_reason":null}],"usage":null}""";

    public static string UsageChunk(string usage = """{"prompt_tokens":11,"completion_tokens":9,"total_tokens":20}""") =>
        $$"""data: {"id":"c1","object":"chat.completion.chunk","created":1,"model":"gpt-4o","choices":[],"usage":{{usage}}}""";

    public const string Done = "data: [DONE]";

    public static string Message(string usage) =>
        $$"""{"id":"m1","type":"message","role":"assistant","model":"claude-haiku-4-5","content":[{"type":"text","text":"Hi"}],"stop_reason":"end_turn","stop_sequence":null,"usage":{{usage}}}""";

    public static string[] MessageEvents(string input, string output) =>
    [
        $$$"""event: message_start{{{'\n'}}}data: {"type":"message_start","message":{"id":"m1","type":"message","role":"assistant","content":[],"model":"claude-haiku-4-5","stop_reason":null,"stop_sequence":null,"usage":{{{input}}}}}""",
        "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}",
        "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"Hello there\"}}",
        "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}",
        $$$"""event: message_delta{{{'\n'}}}data: {"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{{{output}}}}""",
        "event: message_stop\ndata: {\"type\":\"message_stop\"}",
    ];
}
