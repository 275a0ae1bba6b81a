using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Budgets;

/// <summary>What a mail's link carries, so that whoever has the mail can decide, once: which request, to whom it was mailed, until when; signed with HMAC-SHA256.</summary>
/// <remarks>A secret: it is made when the mail goes out, and is in no journal and no log. Once the request is decided it only shows what was decided.</remarks>
public static class ApprovalToken
{
    /// <summary>Characters.</summary>
    public const int MaxLength = 600;

    /// <summary>Bytes of the signing key.</summary>
    public const int KeyLength = 32;

    // What else may be signed with the key one day must not pass for this.
    private const string Purpose = "approve.v1\n";

    public static string Make(byte[] key, ApprovalId id, string mailbox, DateTimeOffset until)
    {
        var said = string.Create(CultureInfo.InvariantCulture, $"{id}\n{until.ToUnixTimeSeconds()}\n{mailbox}");
        return $"{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(said))}.{Base64Url.EncodeToString(Sign(key, said))}";
    }

    /// <summary>The request that a token says it is for; whether it is ours is asked of <see cref="Read"/>. Null: it is none.</summary>
    public static ApprovalId? About(string? token) => Parts(token)?.Id;

    /// <returns>Whom it was mailed to. Null: it is not ours, or has expired.</returns>
    public static string? Read(byte[] key, string token, ApprovalId id, DateTimeOffset now) =>
        Parts(token) is { } parts && parts.Id == id && CryptographicOperations.FixedTimeEquals(Sign(key, parts.Said), parts.Signature) && now < parts.Until ? parts.Mailbox : null;

    private static (ApprovalId Id, DateTimeOffset Until, string Mailbox, string Said, byte[] Signature)? Parts(string? token)
    {
        if (token is not { Length: <= MaxLength } || token.Split('.') is not [var text, var signature] || !Base64Url.IsValid(text) || !Base64Url.IsValid(signature))
        {
            return null;
        }

        var said = Encoding.UTF8.GetString(Base64Url.DecodeFromChars(text));
        return said.Split('\n') is [var id, var until, var mailbox] && ApprovalId.IsWellFormed(id)
            && long.TryParse(until, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds < 253_402_300_800
                ? (new ApprovalId(id), DateTimeOffset.FromUnixTimeSeconds(seconds), mailbox, said, Base64Url.DecodeFromChars(signature))
                : null;
    }

    private static byte[] Sign(byte[] key, string said) => HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(Purpose + said));
}
