namespace LisaOrleans.Cli;

/// <summary>The result of a check.</summary>
internal enum Verdict
{
    /// <summary>As it should be.</summary>
    Ok,

    /// <summary>It works, but could be better.</summary>
    Warning,

    /// <summary>Training would fail, or not begin.</summary>
    Fault,
}
