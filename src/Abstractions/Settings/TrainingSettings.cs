using System.Reflection;
using System.Text.Json;

namespace LisaOrleans;

/// <summary>
/// All settings of a run, read from the attributes of <see cref="TrainingSpec"/> and <see cref="DatasetSettings"/>. Every door
/// (flags, files, environment, HTTP, client), the checks and docs/settings.md are made from this table.
/// </summary>
public sealed class TrainingSettings
{
    private readonly Dictionary<string, TrainingSetting> _names = [];

    private TrainingSettings(Func<string, IReadOnlyList<string>?> registries)
    {
        All =
        [
            .. Read(new TrainingSpec { RunName = TrainingSpec.DefaultRunName }, registries),
            .. Read(new DatasetSettings(), registries),
        ];
        foreach (var setting in All)
            foreach (var name in (IEnumerable<string>)[setting.Name, .. setting.Aliases]) _names.Add(name, setting);
    }

    /// <summary>The table as a client knows it, which leaves words such as methods and templates to the cluster.</summary>
    public static TrainingSettings Open { get; } = new(_ => null);

    /// <summary>The settings, in the order of their properties.</summary>
    public IReadOnlyList<TrainingSetting> All { get; }

    /// <summary>The table with the words of registries filled in.</summary>
    /// <param name="registries">Names by <see cref="SettingRegistries"/>.</param>
    public static TrainingSettings With(IReadOnlyDictionary<string, IReadOnlyList<string>> registries) =>
        new(name => registries[name]);

    /// <summary>A setting by its name or another trainer's name for it; null where there is none.</summary>
    /// <param name="name">In snake case.</param>
    public TrainingSetting? Find(string name) => _names.GetValueOrDefault(name);

    /// <summary>A setting by its property.</summary>
    /// <param name="property">As <c>nameof(TrainingSpec.Seed)</c>.</param>
    public TrainingSetting Of(string property) => All.Single(s => s.Property == property);

    /// <summary>The setting to use instead of one that only other trainers have; null where nothing is near.</summary>
    /// <param name="name">In snake case.</param>
    public TrainingSetting? InsteadOf(string name) => All.FirstOrDefault(s => s.Instead.Contains(name));

    /// <summary>Checks every setting of a record by itself; what is still at its default is right.</summary>
    /// <param name="record">A <see cref="TrainingSpec"/> or <see cref="DatasetSettings"/>.</param>
    /// <exception cref="InvalidTrainingSettingException">A value is not within its limits.</exception>
    public void Check(object record)
    {
        foreach (var setting in All.Where(s => s.Record == record.GetType()))
            if (setting.Get(record) is var value && !TrainingSetting.Same(value, setting.Default)) setting.Check(value);
    }

    /// <summary>Checks that a run uses every setting that is not at its default.</summary>
    /// <param name="spec">The run's settings.</param>
    /// <exception cref="InvalidTrainingSettingException">Its method or sampling does not.</exception>
    public void CheckUse(TrainingSpec spec)
    {
        foreach (var setting in All.Where(s => s.Record == typeof(TrainingSpec) && !TrainingSetting.Same(s.Get(spec), s.Default)))
            if (setting.WhyUnused(spec) is { } why) throw new InvalidTrainingSettingException(setting.Name, why);
    }

    /// <summary>The settings that a run uses, whatever their values are.</summary>
    /// <param name="spec">The run's settings.</param>
    public IEnumerable<TrainingSetting> UsedBy(TrainingSpec spec) => All.Where(s => s.WhyUnused(spec) is null);

    /// <summary>How records become samples, in a line for people, by which a resumed run tells what changed.</summary>
    /// <param name="data">The settings of the data.</param>
    public string Describe(DatasetSettings data) => string.Join("; ",
        from setting in All
        where setting.Record == typeof(DatasetSettings)
        let value = TrainingSetting.Format(setting.Get(data))
        where value.Length > 0 && (value != TrainingSetting.Format(setting.Default) || IsAlwaysSaid(setting))
        select $"{WordOf(setting)} {value}");

    /// <summary>The settings that such a line says; what it leaves out has its default.</summary>
    /// <param name="description">As <see cref="Describe"/> made it.</param>
    /// <exception cref="InvalidTrainingSettingException">A value is not within its limits.</exception>
    public DatasetSettings ReadDescription(string description)
    {
        var data = new DatasetSettings();
        foreach (var said in description.Split("; ").Select(s => s.Split(' ', 2)).Where(s => s.Length == 2))
        {
            if (All.FirstOrDefault(s => s.Record == typeof(DatasetSettings) && WordOf(s) == said[0]) is { } setting)
                setting.Set(data, setting.Parse(said[1]));
        }

        return data;
    }

    private static string WordOf(TrainingSetting setting) => JsonNamingPolicy.SnakeCaseLower.ConvertName(setting.Property);

    // Runs of the first version have these two in their stored lines, also at their defaults.
    private static bool IsAlwaysSaid(TrainingSetting setting) =>
        setting.Property is nameof(DatasetSettings.Template) or nameof(DatasetSettings.TrainOnPrompt);

    private static IEnumerable<TrainingSetting> Read(object record, Func<string, IReadOnlyList<string>?> registries) =>
        from property in record.GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance)
        let said = property.GetCustomAttribute<SettingAttribute>()
        where said is not null
        orderby property.GetCustomAttribute<IdAttribute>()!.Id
        select new TrainingSetting(property, said, record, registries);
}
