namespace Budgets.ApiHost.Gateway;

/// <summary>What pictures that are made cost: some by the piece, by quality and size; others by the tokens they are made of.</summary>
internal static class Pictures
{
    private const string DallE = "dall-e-3";

    /// <summary>
    /// Of gpt-image-1, its mini and 1.5: 6,240 for one of high quality, 1,024 by 1,536, which is the dearest, and 100 for each of three previews of it
    /// (source: OpenAI's guide "Image generation", "Cost and latency", as of 2026-11). Of gpt-image-2 it says that sizes are free, and no most.
    /// </summary>
    private const long OfHighQuality = 6_240 + (3 * 100);

    /// <summary>Null: nobody said how many there can be.</summary>
    public static long? MostTokens(string model) => model.StartsWith("gpt-image-1", StringComparison.OrdinalIgnoreCase) ? OfHighQuality : null;

    /// <remarks>What is not said, or left to the provider, is taken for the dearest that it could be.</remarks>
    public static string PricedAs(string model, string? quality, string? size) => !model.Equals(DallE, StringComparison.OrdinalIgnoreCase) ? model
        : $"{(quality == "standard" ? "standard" : "hd")}/{(size == "1024x1024" ? "1024-x-1024" : "1024-x-1792")}/{DallE}";
}
