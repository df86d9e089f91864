namespace LisaOrleans.Cli;

/// <summary>
/// One setting: its flag, its YAML key, its help and its default all come from here.
/// </summary>
/// <param name="Flag">Without the dashes, in kebab case, as Hugging Face names it.</param>
/// <param name="Kind">What its value looks like.</param>
/// <param name="Help">One line.</param>
/// <param name="Default">As one would write it; null for none.</param>
/// <param name="Choices">The allowed values; null for any.</param>
internal sealed record Setting(string Flag, SettingKind Kind, string Help, string? Default = null, IReadOnlyList<string>? Choices = null)
{
    /// <summary>The key in a settings file.</summary>
    public string Key => Flag.Replace('-', '_');
}
