namespace LisaOrleans;

/// <summary>
/// Makes a property a setting of every door: flag, settings file, environment, HTTP body, client, checks and docs/settings.md.
/// The property's initialiser is the default, its range a <see cref="System.ComponentModel.DataAnnotations.RangeAttribute"/>.
/// </summary>
/// <param name="help">What it is, in one line without a full stop; other settings as <c>{max_steps}</c>.</param>
[AttributeUsage(AttributeTargets.Property)]
public sealed class SettingAttribute(string help) : Attribute
{
    /// <summary>What it is, in one line.</summary>
    public string Help => help;

    /// <value>Its name in snake case; null (default) for the property's own.</value>
    public string? Name { get; init; }

    /// <value>The heading that it is listed under; see <see cref="SettingGroups"/>.</value>
    public string Group { get; init; } = SettingGroups.Run;

    /// <value>The allowed words; null (default) for any.</value>
    public string[]? Choices { get; init; }

    /// <value>The registry whose names are the allowed words; see <see cref="SettingRegistries"/>. Default null.</value>
    public string? ChoicesOf { get; init; }

    /// <value>The default in words, where the initialiser stands for something that the model or the machine decides.</value>
    public string? DefaultText { get; init; }

    /// <value>
    /// Its field in the body of a fine-tuning job, where it is not one of the hyperparameters; empty where it has none. Default null.
    /// </value>
    public string? BodyField { get; init; }

    /// <value>Whether flags and settings files name a file with the values, one on each line, instead of the values. Default false.</value>
    public bool IsFile { get; init; }

    /// <value>Whether its text is several words with commas between, which settings files may write as a list. Default false.</value>
    public bool IsList { get; init; }

    /// <value>Whether a run may be resumed with another value. Default false.</value>
    public bool ChangesNoBit { get; init; }

    /// <value>Words with which a run comes to the same result: it may be resumed with any other of these. Default none.</value>
    public string[] SameBits { get; init; } = [];

    /// <value>The value by which other trainers leave it out; flags and files may, too. Null (default) for none.</value>
    public string? LeftOutAs { get; init; }

    /// <value>Names of other trainers that mean the very same; they are understood.</value>
    public string[] Aliases { get; init; } = [];

    /// <value>Names of other trainers that mean something near; they are refused with a pointer to this setting.</value>
    public string[] Instead { get; init; } = [];
}
