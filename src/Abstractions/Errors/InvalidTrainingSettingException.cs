namespace LisaOrleans;

/// <summary>A setting of a run is outside what is allowed.</summary>
[GenerateSerializer, Alias("lisa.InvalidTrainingSettingException")]
public sealed class InvalidTrainingSettingException : LisaException
{
    /// <summary>Names the setting.</summary>
    /// <param name="setting">Its name in snake case, as <c>learning_rate</c>.</param>
    /// <param name="message">What is wrong, and what would be right.</param>
    public InvalidTrainingSettingException(string setting, string message) : base(message) => Setting = setting;

    /// <summary>The setting's name in snake case, as <c>learning_rate</c>.</summary>
    [Id(0)] public string Setting { get; }
}
