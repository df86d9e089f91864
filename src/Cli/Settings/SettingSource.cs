namespace LisaOrleans.Cli;

/// <summary>Where a setting may be given. Each has precedence over those that follow it.</summary>
internal enum SettingSource
{
    /// <summary>On the command line.</summary>
    Flag,

    /// <summary>In the file of <c>--config</c>.</summary>
    File,

    /// <summary>In a variable of the environment.</summary>
    Environment,

    /// <summary>In appsettings.json.</summary>
    AppSettings,
}
