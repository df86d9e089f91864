namespace LisaOrleans.Checkpoints;

/// <summary>An object of a bucket as it is listed.</summary>
/// <param name="Key">Its key, without the store's prefix.</param>
/// <param name="Length">Bytes.</param>
/// <param name="LastModified">When it was written, by the server's clock.</param>
internal sealed record S3Entry(string Key, long Length, DateTimeOffset LastModified);
