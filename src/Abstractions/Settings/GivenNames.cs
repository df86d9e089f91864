namespace LisaOrleans;

/// <summary>
/// The names under which settings were given at one door. A setting has several (<c>learning_rate</c>, <c>lr</c>); which of two values
/// would count, nobody could know.
/// </summary>
/// <typeparam name="T">What a setting is there.</typeparam>
public sealed class GivenNames<T>
    where T : notnull
{
    private readonly Dictionary<T, string> _names = [];

    /// <summary>Adds a setting.</summary>
    /// <param name="setting">Which.</param>
    /// <param name="name">Its name, as it was written.</param>
    /// <returns>What is wrong, to follow the name; null where the setting was not given before.</returns>
    public string? Add(T setting, string name) => _names.TryAdd(setting, name) ? null : $"is '{_names[setting]}', which is given too";
}
