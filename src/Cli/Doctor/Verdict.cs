namespace LisaOrleans.Cli;

/// <summary>How a thing is.</summary>
internal enum Verdict
{
    /// <summary>As it should be.</summary>
    Ok,

    /// <summary>It works, and could be better.</summary>
    Warning,

    /// <summary>Training would fail, or not begin.</summary>
    Fault,
}
