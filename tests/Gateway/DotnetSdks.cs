#pragma warning disable OPENAI001 // The SDK calls its client of responses experimental; it is what its users have.
using System.ClientModel;
using System.Text;
using System.Text.Json;
using Anthropic;
using Anthropic.Models.Messages;
using Anthropic.Models.Models;
using OpenAI;
using OpenAI.Chat;
using OpenAI.Images;
using OpenAI.Responses;

namespace Budgets.Tests.Gateway;

/// <summary>Calls by the official SDKs for .NET, as their users write them: base URL and key are all that is ours.</summary>
internal sealed class DotnetSdks(Uri address, string key) : IDisposable
{
    private readonly OpenAIClient _openai = new(new ApiKeyCredential(key), new OpenAIClientOptions { Endpoint = new Uri(address, "v1") });
    private readonly AnthropicClient _anthropic = new() { BaseUrl = address.ToString().TrimEnd('/'), ApiKey = key };

    public async Task<string> Chat(string text = "hello", string model = "gpt-4o") =>
        (await _openai.GetChatClient(model).CompleteChatAsync([new UserChatMessage(text)], new ChatCompletionOptions { MaxOutputTokenCount = 50 })).Value.Content[0].Text;

    public async Task<string> ChatStream(string text = "hello", string model = "gpt-4o")
    {
        var seen = new StringBuilder();
        await foreach (var update in _openai.GetChatClient(model).CompleteChatStreamingAsync([new UserChatMessage(text)], new ChatCompletionOptions { MaxOutputTokenCount = 50 }))
        {
            foreach (var part in update.ContentUpdate)
            {
                seen.Append(part.Text);
            }
        }

        return seen.ToString();
    }

    public async Task<string> Tools()
    {
        var options = new ChatCompletionOptions { MaxOutputTokenCount = 50 };
        options.Tools.Add(ChatTool.CreateFunctionTool("weather", "What the weather is", BinaryData.FromString("""{"type":"object","properties":{"city":{"type":"string"}}}""")));
        return (await _openai.GetChatClient("gpt-4o").CompleteChatAsync([new UserChatMessage("weather")], options)).Value.ToolCalls.Single().FunctionArguments.ToString();
    }

    public async Task<string> Response(string text = "hello", string model = "gpt-4o") =>
        (await _openai.GetResponsesClient().CreateResponseAsync(Asked(text, model, streams: false))).Value.GetOutputText();

    public async Task<string> ResponseStream(string text = "hello", string model = "gpt-4o")
    {
        var seen = new StringBuilder();
        await foreach (var update in await _openai.GetResponsesClient().CreateResponseStreamingAsync(Asked(text, model, streams: true)))
        {
            seen.Append((update as StreamingResponseOutputTextDeltaUpdate)?.Delta);
        }

        return seen.ToString();
    }

    public async Task<int> Embedding() => (await _openai.GetEmbeddingClient("text-embedding-3-small").GenerateEmbeddingAsync("hello")).Value.ToFloats().Length;

    /// <returns>The bytes of the picture.</returns>
    public async Task<byte[]> Picture() =>
        (await _openai.GetImageClient("dall-e-3").GenerateImageAsync(
            "a cat", new ImageGenerationOptions { Size = GeneratedImageSize.W1024xH1024, Quality = "standard", ResponseFormat = GeneratedImageFormat.Bytes })).Value.ImageBytes.ToArray();

    public async Task<string> Message(string text = "hello", string model = "claude-haiku-4-5")
    {
        var message = await _anthropic.Messages.Create(Asked(text, model));
        return message.Content[0].TryPickText(out var block) ? block.Text : "";
    }

    public async Task<string> MessageStream(string text = "hello", string model = "claude-haiku-4-5")
    {
        var seen = new StringBuilder();
        await foreach (var one in _anthropic.Messages.CreateStreaming(Asked(text, model)))
        {
            if (one.TryPickContentBlockDelta(out var piece) && piece.Delta.TryPickText(out var delta))
            {
                seen.Append(delta.Text);
            }
        }

        return seen.ToString();
    }

    public async Task<string> MessageTools()
    {
        var message = await _anthropic.Messages.Create(Asked("weather", "claude-haiku-4-5") with
        {
            Tools = [new Tool { Name = "weather", InputSchema = new InputSchema { Properties = new Dictionary<string, JsonElement> { ["city"] = JsonDocument.Parse("""{"type":"string"}""").RootElement } } }],
        });
        return message.Content.Select(c => c.TryPickToolUse(out var use) ? JsonSerializer.Serialize(use.Input) : null).Single(c => c is not null)!;
    }

    /// <summary>All pages.</summary>
    public async Task<List<ModelInfo>> Models(ModelListParams asked)
    {
        var models = new List<ModelInfo>();
        for (var page = await _anthropic.Models.List(asked); ; page = await page.Next())
        {
            models.AddRange(page.Items);
            if (!page.HasNext())
            {
                return models;
            }
        }
    }

    public void Dispose() => _anthropic.Dispose();

    private static CreateResponseOptions Asked(string text, string model, bool streams)
    {
        var options = new CreateResponseOptions { Model = model, MaxOutputTokenCount = 50, StreamingEnabled = streams };
        options.InputItems.Add(ResponseItem.CreateUserMessageItem(text));
        return options;
    }

    private static MessageCreateParams Asked(string text, string model) => new() { MaxTokens = 50, Model = model, Messages = [new UserMessageParam(text)] };
}
