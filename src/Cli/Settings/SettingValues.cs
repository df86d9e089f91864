using System.Globalization;
using LisaOrleans.Checkpoints;

namespace LisaOrleans.Cli;

/// <summary>What the user set, each value with the place where it was written, and the defaults of the rest.</summary>
internal sealed class SettingValues
{
    private readonly Dictionary<string, GivenValue> _given = [];

    /// <summary>The hub's model that stands for a folder; null where the model was given as one.</summary>
    public HubModelId? HubModel { get; private set; }

    /// <summary>The settings of the run among them.</summary>
    public GivenSettings Training { get; } = new();

    /// <summary>Sets a value, unless there is one already: flags are added before files, so a flag wins.</summary>
    /// <param name="source">Where it was given.</param>
    /// <param name="setting">Which.</param>
    /// <param name="value">As it was written.</param>
    /// <param name="place">For messages: --flag, or FILE: line N: key.</param>
    /// <param name="name">The setting's name there: --flag, key, or variable.</param>
    /// <param name="folder">What a relative path is relative to.</param>
    public void Add(SettingSource source, Setting setting, string value, string place, string name, string folder) =>
        _given.TryAdd(setting.Key, new GivenValue(source, value, place, name, folder));

    /// <summary>Checks every value before anything is done, including those that the command reads last.</summary>
    /// <exception cref="UsageException">One is wrong by itself.</exception>
    public void Check(IReadOnlyList<Setting> known)
    {
        foreach (var setting in known)
        {
            if (setting.Training is null) OptionalText(setting);
            else if (_given.TryGetValue(setting.Key, out var given))
            {
                var text = setting.Training.IsFile ? NumberFile.ReadList(FullPath(setting), given.Place) : given.Text;
                if (text != setting.Training.LeftOutAs) Training.Set(setting.Training, setting.Training.Parse(text));
            }
        }

        Training.DropOverriders(setting => (int)_given[setting.Name].Source);
    }

    /// <summary>If the model is not a folder but a model of the hub (ORG/MODEL), downloads it and uses its folder instead.</summary>
    /// <exception cref="HubException">It cannot be had.</exception>
    /// <exception cref="UsageException">The model or the adapter is named as on the hub, and there is no such folder.</exception>
    public async Task FetchModelAsync(IReadOnlyList<Setting> known, CancellationToken cancellationToken)
    {
        if (known.Contains(KnownSettings.Adapter) && Absent(KnownSettings.Adapter) is { } adapter)
        {
            if (HubModelId.TryParse(adapter.Text) is { } named)
            {
                throw new UsageException(
                    $"{adapter.Place}: there is no folder {adapter.Path}; an adapter of the hub is fetched before, by {named.DownloadCommand}, "
                        + "which prints its folder");
            }

            // In axolotl's files the adapter is a method.
            if (known.Contains(KnownSettings.Method) && adapter.Text is (TrainingMethods.Lora or TrainingMethods.Qlora))
            {
                throw new UsageException(
                    $"{adapter.Place}: there is no folder {adapter.Path}; for a new adapter give {FlagOf(KnownSettings.Method.Key)} "
                        + $"{adapter.Text} instead");
            }
        }

        var setting = KnownSettings.Model;
        if (!NamesModelFolder(known) || Absent(setting) is not { } given) return;
        if (HubModelId.TryParse(given.Text) is not { } model)
        {
            if (!HubModelId.IsBareName(given.Text)) return;
            throw new UsageException(
                $"{given.Place}: there is no folder {given.Path}; a model of the hub is named ORG/MODEL, such as openai-community/gpt2, and is then "
                    + "fetched");
        }

        try
        {
            _given[setting.Key] = _given[setting.Key] with { Text = await HubModels.GetAsync(model, cancellationToken) };
            HubModel = model;
        }
        catch (HubException e)
        {
            var advice = e.IsPassing ? $"; where it can be, {model.DownloadCommand} fetches the model, and its folder can be given instead" : "";
            throw new HubException($"{given.Place}: there is no folder {given.Path}, and {e.Message}{advice}");
        }

        (string Text, string Place, string Path)? Absent(Setting of) =>
            _given.TryGetValue(of.Key, out var value) && (HubModelId.TryParse(value.Text) is not null || HubModelId.IsBareName(value.Text))
            && Path.GetFullPath(value.Text, value.Folder) is var path && !Path.Exists(path)
                ? (value.Text, value.Place, path)
                : null;
    }

    /// <summary>Says which weights of the model's folder are not read, if there are any.</summary>
    /// <exception cref="InvalidDataFileException">The index of them cannot be read.</exception>
    public void TellUnreadWeights(IReadOnlyList<Setting> known)
    {
        if (NamesModelFolder(known) && OptionalPath(KnownSettings.Model) is { } folder) ModelSettings.TellUnread(folder);
    }

    /// <summary>The run's settings; what the model or the machines decide is still open.</summary>
    public TrainingSpec Spec() => Training.Into(new TrainingSpec { RunName = TrainingSpec.DefaultRunName });

    /// <summary>How records become samples.</summary>
    public DatasetSettings Dataset() => Training.Into(new DatasetSettings());

    /// <summary>What is wrong with a setting of the run, in the words of whoever gave it.</summary>
    public string Explain(InvalidTrainingSettingException wrong) =>
        $"{Place(wrong.Setting)} {wrong.Describe(key => _given.TryGetValue(key, out var given) ? given.Name : FlagOf(key))}";

    /// <summary>Where a setting was written, or its flag.</summary>
    public string Place(string key) => _given.TryGetValue(key, out var given) ? given.Place : FlagOf(key);

    public bool Has(Setting setting) => _given.ContainsKey(setting.Key);

    /// <summary>Whether it was given for this command, by a flag or in its file: the environment and appsettings.json serve others, too.</summary>
    public bool HasForThis(Setting setting) =>
        _given.TryGetValue(setting.Key, out var given) && given.Source is SettingSource.Flag or SettingSource.File;

    public string? OptionalText(Setting setting)
    {
        var value = _given.TryGetValue(setting.Key, out var given) ? given.Text : setting.Default;
        return value is null || setting.Choices is null || setting.Choices.Contains(value)
            ? value
            : throw Wrong(setting, $"one of {string.Join(", ", setting.Choices)}");
    }

    public string Text(Setting setting) => OptionalText(setting) ?? throw Missing(setting);

    public string? OptionalPath(Setting setting) =>
        _given.TryGetValue(setting.Key, out var given)
            ? !string.IsNullOrWhiteSpace(given.Text) && !given.Text.Contains('\0', StringComparison.Ordinal)
                ? OnThisMachine(given.Text, setting, given)
                : throw Wrong(setting, "a path")
            : null;

    /// <summary>Sources of data as full paths, with commas between.</summary>
    public string? OptionalSources(Setting setting)
    {
        if (!_given.TryGetValue(setting.Key, out var given)) return null;
        if (given.Text.Length == 0) throw Wrong(setting, "a path");
        return string.Join(',', DataSourcePaths.Split(given.Text, given.Folder).Select(s => OnThisMachine(s, setting, given)));
    }

    public string Sources(Setting setting) => OptionalSources(setting) ?? throw Missing(setting);

    public string FullPath(Setting setting) => OptionalPath(setting) ?? throw Missing(setting);

    public long Integer(Setting setting) => OptionalInteger(setting) ?? throw Missing(setting);

    public long? OptionalInteger(Setting setting) => OptionalText(setting) is not { } text ? null
        : long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number
        : throw Wrong(setting, "a whole number");

    /// <summary>An integer that fits 32 bits.</summary>
    public int Count(Setting setting) => Integer(setting) is >= int.MinValue and <= int.MaxValue and var number
        ? (int)number
        : throw Wrong(setting, "a whole number of at most 2147483647");

    public double Number(Setting setting) =>
        double.TryParse(Text(setting), NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number)
            ? number
            : throw Wrong(setting, "a number");

    public bool Flag(Setting setting) => bool.TryParse(Text(setting), out var flag) ? flag : throw Wrong(setting, "true or false");

    // With a store, eval and generate name a run.
    private bool NamesModelFolder(IReadOnlyList<Setting> known) =>
        known.Contains(KnownSettings.Model) && !(known.Contains(HistorySettings.ModelStore) && Has(HistorySettings.ModelStore));

    /// <summary>What to say of a setting that is given and has no effect.</summary>
    /// <param name="unused">The setting.</param>
    /// <param name="needed">What it is used with: a flag, and its value where only one will do.</param>
    public UsageException Unused(Setting unused, string needed) =>
        new($"{Place(unused.Key)}: is used only with --{needed}; give that, or leave it out");

    private static string FlagOf(string key) => "--" + key.Replace('_', '-');

    private static UsageException Missing(Setting setting) => new($"--{setting.Flag} is missing: {setting.Help}");

    /// <summary>Words with commas between; none where it is not set.</summary>
    public IReadOnlyList<string> Names(Setting setting) =>
        OptionalText(setting)?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [];

    // An address may hold a key, which must not become a folder's name. No shell has read ~ in files and variables.
    private static string OnThisMachine(string path, Setting setting, GivenValue given) => StoreLocation.IsAddress(path)
        ? throw new UsageException(
            $"{given.Place}: is an address; it must be a path on this machine{(setting == KnownSettings.Model ? ", or ORG/MODEL of the hub" : "")}")
        : Path.GetFullPath(
            path is "~" || path.StartsWith("~/", StringComparison.Ordinal)
                ? Environment.GetFolderPath(Environment.SpecialFolder.UserProfile, Environment.SpecialFolderOption.DoNotVerify) + path[1..]
                : path,
            given.Folder);

    private UsageException Wrong(Setting setting, string wanted) =>
        new($"{Place(setting.Key)} is '{_given[setting.Key].Text}'; it must be {wanted}");

    private sealed record GivenValue(SettingSource Source, string Text, string Place, string Name, string Folder);
}
