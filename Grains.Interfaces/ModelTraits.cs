namespace Budgets;

/// <summary>What models' names tell of what their calls can cost, where no catalogue says it.</summary>
public static class ModelTraits
{
    /// <summary>Patches of 28 by 28 pixels, made smaller to 4,784 of them; to 1,568 by models before 4.7 (source: Anthropic's page on vision, "Evaluate image size").</summary>
    public const long MostClaudePictureTokens = 4_784;

    // Source of the others: OpenAI's guide "Images and vision", "Calculating costs", as of 2026-11.

    /// <summary>Of gpt-4o-mini, whose pictures are counted dearer than any other's: 2,833 and 5,667 for each of eight tiles.</summary>
    private const long MiniPicture = 2_833 + (8 * 5_667);

    /// <summary>Of models that make pictures smaller to 1,536 patches, at 2.46 tokens at most, or to eight tiles at 170.</summary>
    private const long SmallPicture = 4_096;

    /// <summary>Of models that make them smaller to 10,000 patches, at 1.62 tokens at most.</summary>
    private const long Picture = 16_384;

    /// <summary>Of all later ones, which leave a picture as it is and refuse more than 30,000 patches, at 1.2 tokens.</summary>
    private const long LargePicture = 36_000;

    private static readonly string[] s_small = ["gpt-4", "o1", "o3", "o4"];
    private static readonly string[] s_middle = ["gpt-5-", "gpt-5.1", "gpt-5.2", "gpt-5.3", "gpt-5.4", "gpt-5.5"];

    // Claude's later families may think by themselves.
    private static readonly string[] s_quiet = ["gpt-4", "gpt-3.5", "claude-3-", "claude-haiku-4-", "claude-sonnet-4-", "claude-opus-4-"];

    /// <summary>The most input tokens that one picture to look at is counted as.</summary>
    public static long MostPictureTokens(string model) => model.Contains("4o-mini", StringComparison.OrdinalIgnoreCase) ? MiniPicture
        : model.StartsWith("claude", StringComparison.OrdinalIgnoreCase) ? MostClaudePictureTokens
        : Begins(s_small, model) ? SmallPicture
        : model.Equals("gpt-5", StringComparison.OrdinalIgnoreCase) || Begins(s_middle, model) ? Picture
        : LargePicture;

    /// <summary>True: it thinks only when it is asked to, so that all the output it makes is seen going by. Thinking that is not shown is paid for, too.</summary>
    public static bool ThinksOnlyWhenAsked(string model) => Begins(s_quiet, model);

    private static bool Begins(string[] families, string model) => Array.Exists(families, f => model.StartsWith(f, StringComparison.OrdinalIgnoreCase));
}
