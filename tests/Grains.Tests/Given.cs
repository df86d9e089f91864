using LisaOrleans.Training;

namespace LisaOrleans.Grains.Tests;

/// <summary>Settings as people give them.</summary>
internal static class Given
{
    /// <summary>Those of these names, with values as they are written.</summary>
    public static GivenSettings Of(params (string Name, string Value)[] settings)
    {
        var given = new GivenSettings();
        foreach (var (name, value) in settings)
            if (RunSettings.Table.Find(name)! is var setting) given.Set(setting, setting.Parse(value));
        return given;
    }
}
