using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace Budgets.ApiHost.Gateway;

/// <summary>A JSON object that is passed on, so that it stays the bytes it is: where its members are, and what is found in them.</summary>
internal sealed class JsonText
{
    private const int MostDepth = 128;

    private const string NoText = "the body has text that is not valid UTF-8";

    /// <summary>Shorter texts are counted, whatever they are.</summary>
    private const int LeastPicture = 1_024;

    private static readonly JsonReaderOptions s_deep = new() { MaxDepth = MostDepth };

    // Where data of pictures is, and never text. Whatever else looks like one is counted as text.
    private static readonly string[][] s_pictures =
    [
        ["messages", "[]", "content", "[]", "image_url", "url"],
        ["messages", "[]", "content", "[]", "source", "data"],
        ["messages", "[]", "content", "[]", "content", "[]", "source", "data"],
        ["input", "[]", "content", "[]", "image_url"],
        ["input", "[]", "output", "[]", "image_url"],
        ["input", "[]", "output", "image_url"],
    ];

    private static readonly ReadOnlyMemory<byte> s_element = "[]"u8.ToArray();

    private readonly List<(string Name, int At, int ValueAt, int End)> _members = [];
    private readonly ReadOnlyMemory<byte>[] _path = new ReadOnlyMemory<byte>[MostDepth + 2];

    private JsonText(byte[] bytes) => Bytes = bytes;

    public byte[] Bytes { get; }

    /// <summary>Pictures to look at.</summary>
    public long Pictures { get; private set; }

    /// <summary>Bytes of them that are in the text, and are no text.</summary>
    public long PictureBytes { get; private set; }

    /// <summary>It names files or documents, which are not in it or are no text.</summary>
    public bool IsOpenEnded { get; private set; }

    public bool HasAudio { get; private set; }

    /// <summary>The kinds of the tools it offers; null: one that does not say.</summary>
    public List<string?> Tools { get; } = [];

    /// <returns>A fault, as the rest of a sentence, when it is no JSON object whose members are told once.</returns>
    public static (JsonText? Text, string? Fault) Read(byte[] bytes)
    {
        var text = new JsonText(bytes);
        try
        {
            var fault = text.Scan();
            return fault is null ? (text, null) : (null, fault);
        }
        catch (JsonException)
        {
            return (null, "the body is not a JSON object");
        }
        catch (InvalidOperationException)
        {
            return (null, NoText);
        }
    }

    public bool Has(string name) => _members.Exists(m => m.Name == name);

    /// <summary>Null: not there, or null.</summary>
    public JsonElement? Element(string name)
    {
        if (!Has(name))
        {
            return null;
        }

        var (_, _, from, end) = _members.Find(m => m.Name == name);
        using var document = JsonDocument.Parse(Bytes.AsMemory(from, end - from), new() { MaxDepth = MostDepth });
        return document.RootElement.ValueKind == JsonValueKind.Null ? null : document.RootElement.Clone();
    }

    public string? String(string name) => Element(name) is { ValueKind: JsonValueKind.String } text ? text.GetString() : null;

    /// <summary>The object that a member is, or an empty one, with one of its members set.</summary>
    public byte[] ObjectWith(string name, string inner, string value)
    {
        var members = Element(name) is { ValueKind: JsonValueKind.Object } told ? told.EnumerateObject().Where(m => m.Name != inner).Select(m => $"\"{JsonEncodedText.Encode(m.Name)}\":{m.Value.GetRawText()}") : [];
        return Encoding.UTF8.GetBytes($$"""{{{string.Join(",", members.Append($"\"{inner}\":{value}"))}}}""");
    }

    /// <param name="changes">Members by name with their new value; null: without it.</param>
    public byte[] With(Dictionary<string, byte[]?> changes)
    {
        if (changes.Count == 0)
        {
            return Bytes;
        }

        using var changed = new MemoryStream(Bytes.Length + 64);
        var between = (byte)'{';
        foreach (var (name, at, valueAt, end) in _members)
        {
            var isChanged = changes.TryGetValue(name, out var value);
            if (isChanged && value is null)
            {
                continue;
            }

            changed.WriteByte(between);
            changed.Write(Bytes.AsSpan(at, valueAt - at));
            changed.Write(isChanged ? value : Bytes.AsSpan(valueAt, end - valueAt));
            between = (byte)',';
        }

        foreach (var (name, value) in changes.Where(c => c.Value is not null && !Has(c.Key)))
        {
            changed.WriteByte(between);
            changed.Write(Encoding.UTF8.GetBytes($"\"{name}\":"));
            changed.Write(value);
            between = (byte)',';
        }

        changed.WriteByte((byte)'}');
        return changed.ToArray();
    }

    private string? Scan()
    {
        var json = new Utf8JsonReader(Bytes, s_deep);
        json.Read();
        if (json.TokenType != JsonTokenType.StartObject)
        {
            return "the body is not a JSON object";
        }

        var (name, at, valueAt) = ("", 0, 0);
        while (json.Read())
        {
            var depth = json.CurrentDepth;
            switch (json.TokenType)
            {
                case JsonTokenType.PropertyName:
                    _path[depth] = json.ValueIsEscaped ? Encoding.UTF8.GetBytes(json.GetString()!) : Bytes.AsMemory((int)json.TokenStartIndex + 1, json.ValueSpan.Length);
                    if (depth == 1)
                    {
                        (name, at, valueAt) = (json.GetString()!, (int)json.TokenStartIndex, -1);
                        if (Has(name))
                        {
                            // Which of the two a provider takes is its own affair, and would be the one that was not priced.
                            return $"'{name}' is given twice";
                        }
                    }

                    continue;
                case JsonTokenType.StartArray:
                    _path[depth + 1] = s_element;
                    break;
                case JsonTokenType.StartObject when depth == 2 && IsAt("tools", "[]"):
                    Tools.Add(null);
                    break;
                case JsonTokenType.String:
                    Look(ref json, depth);
                    break;
                default:
                    break;
            }

            if (depth == 1)
            {
                valueAt = valueAt < 0 ? (int)json.TokenStartIndex : valueAt;
                if (json.TokenType is not (JsonTokenType.StartObject or JsonTokenType.StartArray))
                {
                    _members.Add((name, at, valueAt, (int)json.BytesConsumed));
                }
            }
        }

        return Utf8.IsValid(Bytes) ? null : NoText;
    }

    private void Look(ref Utf8JsonReader json, int depth)
    {
        if (json.ValueIsEscaped)
        {
            // Half of a surrogate pair can be escaped, and is no text. All others are looked at together, at the end.
            _ = json.GetString();
        }

        if (_path[depth].Span.SequenceEqual("type"u8))
        {
            var value = json.GetString()!;
            if (depth == 3 && IsAt("tools", "[]"))
            {
                Tools[^1] = value;
                return;
            }

            Pictures += value is "image" or "image_url" or "input_image" ? 1 : 0;
            IsOpenEnded |= value is "file" or "input_file" or "document" or "container_upload" or "video" or "video_url" or "input_video" or "item_reference";
            HasAudio |= value is "input_audio" or "audio" or "audio_url";
        }
        else if (json.ValueSpan.Length >= LeastPicture && Array.Exists(s_pictures, p => p.Length == depth && IsAt(p)))
        {
            PictureBytes += json.ValueSpan.Length;
        }
    }

    private bool IsAt(params string[] names)
    {
        for (var i = 0; i < names.Length; i++)
        {
            if (!_path[i + 1].Span.SequenceEqual(Encoding.UTF8.GetBytes(names[i])))
            {
                return false;
            }
        }

        return true;
    }
}
