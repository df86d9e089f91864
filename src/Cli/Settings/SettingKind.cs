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
}
