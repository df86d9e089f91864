using LisaOrleans.Data;

namespace LisaOrleans.Training;

/// <summary>A tokenised data set in the store.</summary>
/// <param name="Blob">Its tokens.</param>
/// <param name="Statistics">What the files became.</param>
/// <param name="UsesOwnTemplate">Whether the chat template of the model's folder wrote some of it.</param>
public sealed record CachedTokens(BlobRef Blob, DatasetStatistics Statistics, bool UsesOwnTemplate = false)
{
    /// <value>Blocks that its samples were packed into; null where no run with packing has asked yet.</value>
    public int? Blocks { get; init; }
}
