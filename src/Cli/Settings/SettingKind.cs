namespace LisaOrleans.Cli;

/// <summary>What a setting's value looks like.</summary>
internal enum SettingKind
{
    Text,
    Path,
    Integer,
    Number,
    Flag,
    Integers,

    /// <summary>Files, folders and patterns, with commas between; the flag may stand several times.</summary>
    Sources,
}
