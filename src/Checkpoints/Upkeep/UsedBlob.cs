namespace LisaOrleans.Checkpoints;

/// <summary>A blob that something in the store names.</summary>
/// <param name="Blob">The blob; its length is -1 where the name says nothing of it.</param>
/// <param name="What">What it is to whom, for people.</param>
public sealed record UsedBlob(BlobRef Blob, string What);
