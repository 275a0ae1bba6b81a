using System.Text;
using Microsoft.Extensions.Options;

namespace Budgets.ApiHost.Auth;

/// <summary>The first operator key: the configured one, else the one in <c>operator.key</c>, which is made at the first start and printed once.</summary>
internal sealed class OperatorKey
{
    private const string FileName = "operator.key";

    private OperatorKey(string key) => Digest = ApiKey.Digest(key);

    public KeyDigest Digest { get; }

    /// <param name="print">Where a key that is made now is shown, this once.</param>
    /// <exception cref="OptionsValidationException">The data directory cannot be used, or its key file holds something else than a key.</exception>
    public static OperatorKey Load(ApiOptions options, TextWriter print)
    {
        try
        {
            return new OperatorKey(options.OperatorKey is { Length: > 0 } configured ? configured : Kept(options.DataDirectory, print));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unusable($"Budgets:DataDirectory '{options.DataDirectory}' cannot be used: {e.Message}");
        }
    }

    /// <summary>Reads the key in the directory, or makes one. Two processes that start at once end up with the same.</summary>
    private static string Kept(string directory, TextWriter print)
    {
        var path = Path.Combine(Path.GetFullPath(directory), FileName);
        if (!File.Exists(path))
        {
            Make(path, print);
        }

        var key = File.ReadAllText(path).Trim();
        return ApiKey.IsWellFormed(key, ApiKey.OperatorPrefix)
            ? key
            : throw Unusable($"{path} holds no operator key; restore it, or delete it to have a new one made.");
    }

    private static void Make(string path, TextWriter print)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        }
        else
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        // Written whole under another name first: nobody ever reads half a key.
        var key = ApiKey.New(ApiKey.OperatorPrefix);
        var draft = $"{path}.{Environment.ProcessId}";
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using (var file = new FileStream(draft, options))
        {
            file.Write(Encoding.ASCII.GetBytes(key + "\n"));
            file.Flush(flushToDisk: true);
        }

        try
        {
            File.Move(draft, path, overwrite: false);
        }
        catch (IOException) when (File.Exists(path))
        {
            File.Delete(draft);
            return;
        }

        print.WriteLine($"Operator key (shown this once, kept in {path}): {key}");
    }

    private static OptionsValidationException Unusable(string fault) => new(nameof(ApiOptions), typeof(ApiOptions), [fault]);
}
