namespace LisaOrleans;

/// <summary>How a part takes part in training for a period.</summary>
[GenerateSerializer, Alias("lisa.PartTraining")]
public enum PartTraining
{
    /// <summary>Not at all: gradients pass through it, and it has no optimizer state.</summary>
    Frozen,

    /// <summary>All its parameters train.</summary>
    Whole,

    /// <summary>Its adapters train; its weights are frozen.</summary>
    Adapters,

    /// <summary>Not at all for now; its moments lie in the store until it trains again.</summary>
    Asleep,
}
