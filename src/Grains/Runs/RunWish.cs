namespace LisaOrleans.Grains;

/// <summary>What is wanted of a run that is at work, from the least to the most: a later wish never weakens an earlier one.</summary>
internal enum RunWish
{
    /// <summary>To go on to its end.</summary>
    Train,

    /// <summary>To let go of this silo; it goes on elsewhere.</summary>
    HandOver,

    /// <summary>To stop; it may be started again.</summary>
    Pause,

    /// <summary>To stop for good.</summary>
    Cancel,
}
