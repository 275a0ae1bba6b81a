namespace Budgets.Tests.Gateway;

/// <summary>A way to call a model, and what a provider says to it when all is well.</summary>
/// <param name="Says">From the counts of input and output as JSON; an input of null: it counts nothing. One event each, or the answer in one piece.</param>
/// <param name="Error">What nothing but an error looks like: an answer, or the event of a stream.</param>
internal sealed record Way(string Name, string Path, string Model, string Body, Func<string?, string, string[]> Says, string Error)
{
    private const string Text = "Hello there, this is a longer answer";
    private const string OpenAiError = """{"error":{"message":"busy","type":"server_error","param":null,"code":null}}""";
    private const string AnthropicError = """{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}""";

    public static readonly Way Chat = new("chat", "/v1/chat/completions", "gpt-4o", Said.Hello, (input, output) => [Said.Completion(OfChat(input, output))], OpenAiError);

    public static readonly Way ChatStreamed = new(
        "chat, streamed", "/v1/chat/completions", "gpt-4o", Said.HelloStreamed, (input, output) => [Said.Chunk(Text), .. Counted(input, Said.UsageChunk(OfChat(input, output))), Said.Done], $"data: {OpenAiError}");

    public static readonly Way Responses = new(
        "responses", "/v1/responses", "gpt-4o", """{"model":"gpt-4o","input":"hello","max_output_tokens":100}""", (input, output) => [Response("completed", Of(input, output))], OpenAiError);

    public static readonly Way ResponsesStreamed = new(
        "responses, streamed",
        "/v1/responses",
        "gpt-4o",
        """{"model":"gpt-4o","input":"hello","stream":true,"max_output_tokens":100}""",
        (input, output) => ResponseEvents(Of(input, output)),
        """data: {"type":"error","code":"server_error","message":"busy","param":null}""");

    public static readonly Way Messages = new("messages", "/v1/messages", "claude-haiku-4-5", Said.Claude, (input, output) => [Said.Message(Of(input, output))], AnthropicError);

    public static readonly Way MessagesStreamed = new(
        "messages, streamed",
        "/v1/messages",
        "claude-haiku-4-5",
        Said.ClaudeStreamed,
        (input, output) => Said.MessageEvents(input is null ? "{}" : $$"""{"input_tokens":{{input}},"output_tokens":1}""", input is null ? "{}" : $$"""{"output_tokens":{{output}}}"""),
        "event: error\ndata: " + AnthropicError);

    public static readonly Way Embeddings = new(
        "embeddings",
        "/v1/embeddings",
        "text-embedding-3-small",
        """{"model":"text-embedding-3-small","input":"hello"}""",
        (input, _) => [Vectors(input is null ? "null" : $$"""{"prompt_tokens":{{input}},"total_tokens":{{input}}}""")],
        OpenAiError);

    public static IReadOnlyList<Way> All { get; } = [Chat, ChatStreamed, Responses, ResponsesStreamed, Messages, MessagesStreamed, Embeddings];

    public bool IsStreamed => Name.EndsWith("streamed", StringComparison.Ordinal);

    public static Way Named(string name) => All.Single(w => w.Name == name);

    /// <summary>An error as the provider's answer has it, whatever was asked for.</summary>
    public string ErrorBody => Path == Messages.Path ? AnthropicError : OpenAiError;

    /// <summary>What was counted, as the ledger should have it.</summary>
    public TokenUsage Usage(long input, long output) => new(input, this == Embeddings ? 0 : output);

    public override string ToString() => Name;

    public static string[] ResponseEvents(string usage) =>
    [
        $$"""data: {"type":"response.created","sequence_number":0,"response":{{Response("in_progress", "null")}}}""",
        $$"""data: {"type":"response.output_text.delta","sequence_number":1,"item_id":"msg_1","output_index":0,"content_index":0,"delta":"{{Text}}","logprobs":[]}""",
        $$"""data: {"type":"response.completed","sequence_number":2,"response":{{Response("completed", usage)}}}""",
    ];

    public static string Response(string status, string usage) =>
        $$$"""{"id":"resp_1","object":"response","created_at":1,"error":null,"model":"gpt-4o","status":"{{{status}}}","output":[{"type":"message","id":"msg_1","role":"assistant","status":"completed","content":[{"type":"output_text","text":"{{{Text}}}","annotations":[]}]}],"usage":{{{usage}}}}""";

    private static string Vectors(string usage) =>
        $$"""{"object":"list","data":[{"object":"embedding","index":0,"embedding":[0.1]}],"model":"text-embedding-3-small","usage":{{usage}}}""";

    private static string OfChat(string? input, string output) => input is null ? "null" : $$"""{"prompt_tokens":{{input}},"completion_tokens":{{output}}}""";

    private static string Of(string? input, string output) => input is null ? "null" : $$"""{"input_tokens":{{input}},"output_tokens":{{output}}}""";

    private static string[] Counted(string? input, string usage) => input is null ? [] : [usage];
}
