namespace LisaOrleans.Cli;

/// <summary>
/// One setting of a command: its flag, its YAML key, its help and its default all come from here.
/// </summary>
/// <param name="Flag">Without the dashes, in kebab case, as Hugging Face names it.</param>
/// <param name="Kind">What its value looks like.</param>
/// <param name="Help">One line.</param>
/// <param name="Default">As one would write it; null for none.</param>
/// <param name="Choices">The allowed values; null for any.</param>
internal sealed record Setting(string Flag, SettingKind Kind, string Help, string? Default = null, IReadOnlyList<string>? Choices = null)
{
    /// <summary>A setting of the run, which the table of them describes.</summary>
    public Setting(TrainingSetting training)
        : this(training.Flag[2..], training.IsFile ? SettingKind.Path : training.Kind, training.Help, training.DefaultText, training.Choices) =>
        (Training, Aliases, Instead, IsList) = (training, training.Aliases, training.Instead, training.IsList);

    /// <summary>The key in a settings file.</summary>
    public string Key => Flag.Replace('-', '_');

    /// <summary>The setting of the run that it is; null for one of the command alone.</summary>
    public TrainingSetting? Training { get; }

    /// <summary>Whether settings files may write it as a list; its text has commas between.</summary>
    public bool IsList { get; init; } = Kind is SettingKind.Sources or SettingKind.Integers or SettingKind.Names;

    /// <summary>Keys of other trainers that mean the very same.</summary>
    public IReadOnlyList<string> Aliases { get; init; } = [];

    /// <summary>Keys of other trainers that mean something near.</summary>
    public IReadOnlyList<string> Instead { get; init; } = [];

    /// <summary>Whether a key means this setting.</summary>
    public bool IsNamed(string key) => Key == key || Aliases.Contains(key);
}
