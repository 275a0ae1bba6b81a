using System.Buffers.Text;
using System.Text;

namespace Budgets.ApiHost.Http;

/// <summary>A place in a list as text that means nothing to its holder: base64url, so that nobody builds on what is inside.</summary>
internal static class Cursor
{
    // Of a model's id, the longest that is looked at.
    private const int MaxLength = 192;

    public static string Write(string place) => Base64Url.EncodeToString(Encoding.ASCII.GetBytes(place));

    /// <summary>Null: not one of ours.</summary>
    public static string? Read(string? cursor)
    {
        Span<byte> bytes = stackalloc byte[MaxLength];
        return cursor is { Length: > 0 and <= MaxLength }
            && Base64Url.IsValid(cursor)
            && Base64Url.TryDecodeFromChars(cursor, bytes, out var length)
            && Ascii.IsValid(bytes[..length])
                ? Encoding.ASCII.GetString(bytes[..length])
                : null;
    }
}
