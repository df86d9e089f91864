namespace LisaOrleans.Silo;

/// <summary>What kept a tensor from coming, as far as another try depends on it.</summary>
internal enum TensorFault
{
    /// <summary>The other end said no, or is not what it should be: it would say so again.</summary>
    Refused,

    /// <summary>The connection could not be made, or broke, or damaged what it carried: another may do better.</summary>
    Broken,

    /// <summary>The other end is silent. It has had its time.</summary>
    Stalled,
}
