namespace LisaOrleans.Silo;

/// <summary>What kept a tensor from coming; decides whether it is worth another try.</summary>
internal enum TensorFault
{
    /// <summary>The other end said no, or is not what it should be: another try would end the same.</summary>
    Refused,

    /// <summary>
    /// The connection could not be made, or broke, or damaged what it carried: another connection may do better.
    /// </summary>
    Broken,

    /// <summary>The other end is silent, and its time is up.</summary>
    Stalled,
}
