using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.Extensions.AI;

namespace Budgets.Client.AI;

/// <summary>"No text has more tokens than UTF-8 bytes": measures what a call says before its provider's client has put it into words.</summary>
/// <remarks>Each way of writing the same JSON is bounded by the longest: indented, and with everything escaped that can be.</remarks>
internal sealed class Wording(string model)
{
    /// <summary>Roles, separators, and what a provider puts before tools and formats: more than any of them was seen to add.</summary>
    private const long Overhead = 256;

    /// <summary>The names and brackets around one message, or one part of it.</summary>
    private const long Frame = 64;

    private const long ToolOverhead = 1_024;

    /// <summary>Clients rewrite schemas to be strict: each object in them then names all that it has, and that it has no more.</summary>
    private const long Strictness = 3;

    /// <summary>The fault of a call whose request is added to where nobody sees it.</summary>
    public static readonly Unpriceable Raw = Beside("options", "have a RawRepresentationFactory, and what it adds to the request cannot be seen (TakesRawOptions)");

    private static readonly JsonSerializerOptions s_longest = new(AIJsonUtilities.DefaultOptions) { WriteIndented = true, Encoder = JavaScriptEncoder.Default };

    public long Text { get; private set; } = Overhead;

    public long Pictures { get; private set; }

    /// <summary>It refers to what is not in the call.</summary>
    public bool IsOpenEnded { get; private set; }

    /// <summary>What costs apart, so that no price here is for it; null: nothing does.</summary>
    public Unpriceable? Unpriced { get; private set; }

    public static Wording Of(string model, IEnumerable<ChatMessage> messages, ChatOptions? options, bool takesRawOptions)
    {
        var wording = new Wording(model);
        foreach (var message in messages)
        {
            wording.Text += Frame + Bytes(message.AuthorName);
            wording.Add(message.Contents);
        }

        if (options is not null)
        {
            wording.Add(options, takesRawOptions);
        }

        return wording;
    }

    private void Add(ChatOptions options, bool takesRawOptions)
    {
        Text += Frame + Bytes(options.Instructions);
        IsOpenEnded |= options.ConversationId is not null;
        if (options.ResponseFormat is ChatResponseFormatJson format)
        {
            Text += Bytes(format.SchemaName) + Bytes(format.SchemaDescription) + (format.Schema is { } schema ? Schema(schema) : 0);
        }

        if (options.Tools is { Count: > 0 } tools)
        {
            Text += ToolOverhead;
            foreach (var tool in tools)
            {
                Add(tool);
            }
        }

        Unpriced ??= options.RawRepresentationFactory is not null && !takesRawOptions ? Raw : null;
        Refuse(options.AllowBackgroundResponses == true || options.ContinuationToken is not null, "options", "ask for an answer in the background: what is answered later could not be settled");
    }

    private void Add(AITool tool)
    {
        Text += Frame + Bytes(tool.Name) + Bytes(tool.Description);
        if (tool is AIFunctionDeclaration function)
        {
            Text += Schema(function.JsonSchema) + (function.ReturnJsonSchema is { } returns ? Schema(returns) : 0);
        }
        else
        {
            Refuse(true, "tools", $"have '{tool.Name}', which the provider runs and charges for apart");
        }
    }

    private void Add(IEnumerable<AIContent> contents)
    {
        foreach (var content in contents)
        {
            Text += Frame;
            Add(content);
        }
    }

    private void Add(AIContent content)
    {
        switch (content)
        {
            case TextContent text:
                Text += Bytes(text.Text);
                break;
            case TextReasoningContent thought:
                Text += Bytes(thought.Text) + Bytes(thought.ProtectedData);
                break;
            case FunctionCallContent call:
                Text += Bytes(call.CallId) + Bytes(call.Name);
                Add(call.Arguments);
                break;
            case FunctionResultContent result:
                Text += Bytes(result.CallId);
                Add(result.Result);
                break;
            case ErrorContent error:
                Text += Bytes(error.Message) + Bytes(error.Details) + Bytes(error.ErrorCode);
                break;
            case UsageContent:
                break;
            case DataContent data when data.HasTopLevelMediaType("image"):
            case UriContent uri when uri.HasTopLevelMediaType("image"):
                Pictures += ModelTraits.MostPictureTokens(model);
                break;
            case DataContent data when data.HasTopLevelMediaType("audio") || data.HasTopLevelMediaType("video"):
            case UriContent uri when uri.HasTopLevelMediaType("audio") || uri.HasTopLevelMediaType("video"):
                Refuse(true, "messages", "have sound in them, which costs apart");
                break;
            default:
                // A document, a file that the provider has, or what nobody here knows.
                IsOpenEnded = true;
                break;
        }
    }

    /// <summary>What a function was given, or gave back.</summary>
    private void Add(object? value)
    {
        switch (value)
        {
            case null:
                break;
            case string text:
                Text += Bytes(text);
                break;
            case AIContent content:
                Add([content]);
                break;
            case IEnumerable<AIContent> contents:
                Add(contents);
                break;
            default:
                try
                {
                    Text += JsonSerializer.SerializeToUtf8Bytes(value, s_longest.GetTypeInfo(value.GetType())).Length;
                }
                catch (Exception e) when (e is NotSupportedException or JsonException or InvalidOperationException)
                {
                    IsOpenEnded = true;
                }

                break;
        }
    }

    private void Refuse(bool isSo, string field, string message)
    {
        if (isSo)
        {
            Unpriced ??= Beside(field, message);
        }
    }

    private static Unpriceable Beside(string field, string message) => new(field, $"{message}. There is no price for it here, so it would be spent beside the budget");

    private static long Schema(JsonElement schema) => Frame + (Strictness * JsonSerializer.SerializeToUtf8Bytes(schema, s_longest.GetTypeInfo(typeof(JsonElement))).Length);

    private static long Bytes(string? text) => text is null ? 0 : Encoding.UTF8.GetByteCount(text);
}
