namespace LisaOrleans.Cluster;

/// <summary>What a blob service, or the network before it, may do to a request.</summary>
internal enum BlobFault
{
    /// <summary>A byte of a blob is changed when it is read.</summary>
    FlippedByte,

    /// <summary>409 for any request.</summary>
    Conflict,

    /// <summary>412 for the writing of a blob that is not there.</summary>
    PreconditionFailed,

    /// <summary>412 for the swap of a head that nobody else has changed.</summary>
    SwapRefused,

    /// <summary>A write is carried out and the connection breaks before the answer.</summary>
    AnswerLost,

    /// <summary>503 for any request.</summary>
    Unavailable,
}
