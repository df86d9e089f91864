namespace LisaOrleans.Grains;

/// <summary>Why a training loop ended at a step boundary, with a manifest of that step.</summary>
internal enum LoopOutcome
{
    /// <summary>All steps are done.</summary>
    Completed,

    /// <summary>A stop was asked for.</summary>
    Stopped,

    /// <summary>Silos came or are about to leave: the parts are to be placed again.</summary>
    Replan,
}
