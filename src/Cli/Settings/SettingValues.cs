using System.Globalization;
using LisaOrleans.Data;

namespace LisaOrleans.Cli;

/// <summary>What the user set, each value with the place where it was written, and the defaults of the rest.</summary>
internal sealed class SettingValues
{
    private readonly Dictionary<string, (string Value, string Place, string Folder)> _given = [];

    /// <summary>Sets a value, unless there is one already: flags are added before files, so a flag wins.</summary>
    /// <param name="setting">Which.</param>
    /// <param name="value">As it was written.</param>
    /// <param name="place">For messages: --flag, or FILE: line N: key.</param>
    /// <param name="folder">What a relative path is relative to.</param>
    public void Add(Setting setting, string value, string place, string folder) => _given.TryAdd(setting.Key, (value, place, folder));

    /// <summary>Where a setting was written, or its flag.</summary>
    public string Place(string key) => _given.TryGetValue(key, out var given) ? given.Place : "--" + key.Replace('_', '-');

    public bool Has(Setting setting) => _given.ContainsKey(setting.Key);

    public string? OptionalText(Setting setting)
    {
        var value = _given.TryGetValue(setting.Key, out var given) ? given.Value : setting.Default;
        return value is null || setting.Choices is null || setting.Choices.Contains(value)
            ? value
            : throw Wrong(setting, $"one of {string.Join(", ", setting.Choices)}");
    }

    public string Text(Setting setting) => OptionalText(setting) ?? throw new UsageException($"--{setting.Flag} is missing: {setting.Help}");

    public string? OptionalPath(Setting setting) =>
        _given.TryGetValue(setting.Key, out var given)
            ? given.Value.Length > 0 ? Path.GetFullPath(given.Value, given.Folder) : throw Wrong(setting, "a path")
            : null;

    /// <summary>Sources of data as full paths, with commas between.</summary>
    public string? OptionalSources(Setting setting)
    {
        if (!_given.TryGetValue(setting.Key, out var given)) return null;
        if (given.Value.Length == 0) throw Wrong(setting, "a path");
        return string.Join(',', DataSources.Split(given.Value, given.Folder).Select(s => Path.GetFullPath(s, given.Folder)));
    }

    public string Sources(Setting setting) => OptionalSources(setting) ?? throw new UsageException($"--{setting.Flag} is missing: {setting.Help}");

    public string FullPath(Setting setting) => OptionalPath(setting) ?? throw new UsageException($"--{setting.Flag} is missing: {setting.Help}");

    public long Integer(Setting setting) => OptionalInteger(setting) ?? throw new UsageException($"--{setting.Flag} is missing: {setting.Help}");

    public long? OptionalInteger(Setting setting) => OptionalText(setting) is not { } text ? null
        : long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number
        : throw Wrong(setting, "a whole number");

    /// <summary>An integer that fits 32 bits.</summary>
    public int Count(Setting setting) =>
        Integer(setting) is >= int.MinValue and <= int.MaxValue and var number ? (int)number : throw Wrong(setting, "a whole number below two thousand million");

    public double Number(Setting setting) =>
        double.TryParse(Text(setting), NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number)
            ? number
            : throw Wrong(setting, "a number");

    public bool Flag(Setting setting) => Text(setting) switch
    {
        "true" => true,
        "false" => false,
        _ => throw Wrong(setting, "true or false"),
    };

    public IReadOnlyList<int> Integers(Setting setting) => OptionalText(setting) is not { Length: > 0 } text
        ? []
        : [.. text.Split(',').Select(part => int.TryParse(part.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw Wrong(setting, "whole numbers with commas between, as 0,3,5"))];

    /// <summary>Words with commas between; none where it is not set.</summary>
    public IReadOnlyList<string> Names(Setting setting) =>
        OptionalText(setting)?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [];

    private UsageException Wrong(Setting setting, string wanted) =>
        new($"{Place(setting.Key)}: '{_given[setting.Key].Value}' must be {wanted}");
}
