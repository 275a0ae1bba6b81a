namespace Budgets;

/// <summary>What models' names tell of what their calls can cost, where no catalogue says it.</summary>
public static class ModelTraits
{
    /// <summary>Of gpt-4o-mini, whose pictures are counted dearer than any other's: eight tiles (source: OpenAI's guide to images, "Calculating costs").</summary>
    private const long MiniPicture = 2_833 + (8 * 5_667);

    /// <summary>Ten thousand patches at 1.62 tokens, the most of the others (same source).</summary>
    private const long Picture = 16_384;

    /// <summary>2,576 pixels at most on the long edge, in patches of 28 (source: Anthropic's page on vision): 92 by 92 of them.</summary>
    public const long MostClaudePictureTokens = 92 * 92;

    // Claude's later families may think by themselves.
    private static readonly string[] s_quiet = ["gpt-4", "gpt-3.5", "claude-3-", "claude-haiku-4-", "claude-sonnet-4-", "claude-opus-4-"];

    /// <summary>The most input tokens that one picture to look at is counted as.</summary>
    public static long MostPictureTokens(string model) => model.Contains("4o-mini", StringComparison.OrdinalIgnoreCase) ? MiniPicture
        : model.StartsWith("claude", StringComparison.OrdinalIgnoreCase) ? MostClaudePictureTokens
        : Picture;

    /// <summary>True: it thinks only when it is asked to, so that all the output it makes is seen going by. Thinking that is not shown is paid for, too.</summary>
    public static bool ThinksOnlyWhenAsked(string model) => Array.Exists(s_quiet, q => model.StartsWith(q, StringComparison.OrdinalIgnoreCase));
}
