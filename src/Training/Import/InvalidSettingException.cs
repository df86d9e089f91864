namespace LisaOrleans.Training;

/// <summary>A setting is outside what is allowed. The message names it (in snake case) and what would be right.</summary>
public sealed class InvalidSettingException(string setting, string problem) : Exception($"{setting} {problem}")
{
    /// <summary>The setting's name in snake case.</summary>
    public string Setting { get; } = setting;
}
