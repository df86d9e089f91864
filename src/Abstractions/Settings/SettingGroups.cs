namespace LisaOrleans;

/// <summary>The headings under which settings are listed.</summary>
public static class SettingGroups
{
    /// <summary>The run itself.</summary>
    public const string Run = "Run";

    /// <summary>What trains, and when.</summary>
    public const string Method = "Method";

    /// <summary>How long it trains, and on how much at a time.</summary>
    public const string Batches = "Steps and batches";

    /// <summary>How weights are updated.</summary>
    public const string Optimizer = "Optimizer";

    /// <summary>Number formats and memory.</summary>
    public const string Numbers = "Number formats and memory";

    /// <summary>How records become samples.</summary>
    public const string Data = "Data";
}
