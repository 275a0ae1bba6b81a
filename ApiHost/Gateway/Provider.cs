namespace Budgets.ApiHost.Gateway;

/// <summary>Somebody who runs models, as the operator's settings name them. Not a record: its text must never have the key in it.</summary>
/// <param name="name">As the price catalogue calls it.</param>
/// <param name="address">Where its interface begins, without a slash at the end: https://api.openai.com/v1.</param>
internal sealed class Provider(string name, Dialect dialect, string address, string key)
{
    public string Name { get; } = name;

    public Dialect Dialect { get; } = dialect;

    public string Key { get; } = key;

    /// <param name="route">Of ours, which is the provider's too: /v1/chat/completions.</param>
    public Uri At(string route) => new(address + route[Providers.Version.Length..]);

    public override string ToString() => Name;
}
