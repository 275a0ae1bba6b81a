using System.Globalization;

namespace Budgets.ApiHost.Gateway;

/// <summary>Reads what the operator has set, which is text; whatever is wrong with it is told where it stands.</summary>
internal static class SettingsText
{
    /// <summary>A fault for each name in a section that is not known.</summary>
    public static IEnumerable<string> Unknown(this IConfigurationSection section, params string[] known) =>
        section.GetChildren().Where(c => !known.Contains(c.Key, StringComparer.OrdinalIgnoreCase)).Select(c => $"{c.Path} is not known here; what is: {string.Join(", ", known)}.");

    /// <summary>A whole number of a setting, or what it is by default.</summary>
    public static long Number(this IConfigurationSection section, string name, long byDefault, long least, long most, ICollection<string>? faults)
    {
        if (section[name] is not { Length: > 0 } text)
        {
            return byDefault;
        }

        if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most)
        {
            return number;
        }

        faults?.Add($"{section.Path}:{name} must be a whole number from {least} to {most}.");
        return byDefault;
    }
}
