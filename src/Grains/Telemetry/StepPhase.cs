namespace LisaOrleans.Grains;

/// <summary>What a run spends its time on.</summary>
internal enum StepPhase
{
    /// <summary>Other layers become active.</summary>
    Period,

    /// <summary>The micro-batches go through all stages, forward and back.</summary>
    Walk,

    /// <summary>The global gradient norm.</summary>
    GradientNorm,

    /// <summary>The update of what trains.</summary>
    Apply,

    /// <summary>Scoring the evaluation data.</summary>
    Evaluation,

    /// <summary>Pausing for a manifest.</summary>
    Snapshot,
}
