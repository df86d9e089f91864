namespace LisaOrleans.Cluster;

/// <summary>What a blob service may do to a request; the numbers are HTTP's.</summary>
internal enum BlobFault
{
    FlippedByte = 1,

    Conflict = 409,

    PreconditionFailed = 412,

    Unavailable = 503,
}
