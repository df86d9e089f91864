namespace LisaOrleans;

/// <summary>The settings that somebody set, through whichever door. The rest have their defaults.</summary>
public sealed class GivenSettings
{
    private readonly Dictionary<TrainingSetting, object> _values = [];

    /// <summary>Which were set.</summary>
    public IReadOnlyCollection<TrainingSetting> Settings => _values.Keys;

    /// <summary>Sets a setting.</summary>
    /// <param name="setting">Which.</param>
    /// <param name="value">What <see cref="TrainingSetting.Parse(string)"/> made of it.</param>
    public void Set(TrainingSetting setting, object value) => _values[setting] = value;

    /// <summary>Writes the values into a new record of defaults.</summary>
    /// <typeparam name="T"><see cref="TrainingSpec"/> or <see cref="DatasetSettings"/>.</typeparam>
    /// <param name="defaults">Made for this call: it is changed, and returned.</param>
    public T Into<T>(T defaults)
        where T : notnull
    {
        foreach (var (setting, value) in _values)
            if (setting.Record == typeof(T)) setting.Set(defaults, value);
        return defaults;
    }

    /// <summary>
    /// The stored settings of a run with these in their place. What would override one of these, and is not given, has its default.
    /// </summary>
    /// <param name="stored">The run's settings.</param>
    public TrainingSpec Over(TrainingSpec stored)
    {
        var spec = stored with { };
        foreach (var property in _values.Keys.Select(s => s.OverriddenBy).OfType<string>())
            if (TrainingSettings.Open.Of(property) is var other) other.Set(spec, other.Default);
        return Into(spec);
    }

    /// <summary>Checks that a run uses all that was set, also where it was set to the default.</summary>
    /// <param name="spec">The run's settings.</param>
    /// <exception cref="InvalidTrainingSettingException">Its method or sampling does not.</exception>
    public void CheckUse(TrainingSpec spec)
    {
        foreach (var setting in _values.Keys)
            if (setting.WhyUnused(spec) is { } why) throw new InvalidTrainingSettingException(setting.Name, why);
    }
}
