namespace LisaOrleans.Training;

/// <summary>Which way a micro-batch goes through a stage.</summary>
public enum StagePass
{
    /// <summary>Forward.</summary>
    Forward,

    /// <summary>The last stage with the head: forward, and backward at once.</summary>
    Turn,

    /// <summary>A tied head, which lies on the first stage's silo.</summary>
    Head,

    /// <summary>Backward.</summary>
    Backward,
}
