namespace Budgets.ApiHost.Gateway;

/// <summary>Whether texts that are to be embedded at the same time go to their provider together.</summary>
/// <remarks>Setting <c>Budgets:Gateway:Embeddings:JoinWithinMs</c> (environment: <c>Budgets__Gateway__Embeddings__JoinWithinMs</c>).</remarks>
/// <param name="Within">How long one that finds another under way waits for more; zero: each goes alone, at once.</param>
internal sealed record JoinSettings(TimeSpan Within)
{
    private const string Section = "Budgets:Gateway:Embeddings";
    private const string WithinName = "JoinWithinMs";

    public static JoinSettings Read(IConfiguration configuration, ICollection<string>? faults = null)
    {
        var section = configuration.GetSection(Section);
        foreach (var unknown in section.Unknown(WithinName))
        {
            faults?.Add(unknown);
        }

        return new JoinSettings(TimeSpan.FromMilliseconds(section.Number(WithinName, 2, 0, 100, faults)));
    }
}
