namespace LisaOrleans.Grains;

/// <summary>What a device does first. Backward before forward keeps few micro-batches in memory (1F1B).</summary>
public enum WorkPriority
{
    /// <summary>Loading, applying, copying: nothing else can go on until it is done.</summary>
    Control = 0,

    /// <summary>Backward passes, and the head, which frees its activations at once.</summary>
    Backward = 1,

    /// <summary>Forward passes.</summary>
    Forward = 2,
}
