namespace LisaOrleans;

/// <summary>What a setting's value looks like.</summary>
public enum SettingKind
{
    /// <summary>A word or text.</summary>
    Text,

    /// <summary>A file or folder.</summary>
    Path,

    /// <summary>Files, folders and patterns, with commas between; a flag may stand several times.</summary>
    Sources,

    /// <summary>A whole number.</summary>
    Integer,

    /// <summary>A number.</summary>
    Number,

    /// <summary>True or false.</summary>
    Flag,

    /// <summary>Whole numbers from 0.</summary>
    Integers,

    /// <summary>Names.</summary>
    Names,
}
