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

    /// <summary>
    /// Drops what would override a setting that was given where it has precedence: a flag decides, whatever a file says.
    /// </summary>
    /// <param name="order">Of where a setting was given: the lowest has precedence.</param>
    public void DropOverriders(Func<TrainingSetting, int> order)
    {
        TrainingSetting[] dropped =
        [
            .. from setting in _values.Keys
               where setting.OverriddenBy is not null
               from other in _values.Keys
               where other.Property == setting.OverriddenBy && order(setting) < order(other)
               select other,
        ];
        foreach (var setting in dropped) _values.Remove(setting);
    }

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
    /// <param name="goesOn">
    /// Whether it is this run that is to go on: what is given as it is stored then changes nothing. In a fork it is to have its effect.
    /// </param>
    public TrainingSpec Over(TrainingSpec stored, bool goesOn)
    {
        var spec = stored with { };
        foreach (var (setting, value) in _values)
        {
            if (setting.OverriddenBy is not { } property || (goesOn && TrainingSetting.Same(setting.Get(stored), value))) continue;
            var other = TrainingSettings.Open.Of(property);
            other.Set(spec, other.Default);
        }

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
