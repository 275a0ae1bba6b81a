using System.Security.Cryptography;
using System.Text;

namespace Budgets.ApiHost.Gateway;

/// <summary>What makes two calls the same, as a digest (SHA-256, in hex): whose they are, where they go, and all that they say.</summary>
internal static class CallKey
{
    /// <summary>Another one makes all that is kept unknown.</summary>
    private const string Version = "budgets-answer-1";

    /// <param name="tree">The agent at the top of the caller's tree. Strangers never have the same key, whatever they ask.</param>
    public static string Of(AgentId tree, Provider provider, Asking asking, HttpRequest request)
    {
        using var all = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Add(all, Version);
        Add(all, tree.Value);
        Add(all, provider.Name);
        Add(all, provider.At(asking.Route.Path).AbsoluteUri);
        Add(all, asking.Route.Path);

        // It need not be the one that the body names.
        Add(all, asking.Model);
        foreach (var name in provider.Dialect.Telling)
        {
            Add(all, name);
            Add(all, request.Headers[name].ToString());
        }

        using var canonical = new CanonicalJson(asking.Text.Bytes);
        all.AppendData(canonical.Bytes);
        return Convert.ToHexStringLower(all.GetHashAndReset());
    }

    /// <summary>With its length before it: no two rows of texts read the same.</summary>
    private static void Add(IncrementalHash all, string text)
    {
        Span<byte> length = stackalloc byte[sizeof(int)];
        var bytes = Encoding.UTF8.GetBytes(text);
        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(length, bytes.Length);
        all.AppendData(length);
        all.AppendData(bytes);
    }
}
