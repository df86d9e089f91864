using LisaOrleans.Checkpoints;

namespace LisaOrleans.Api;

/// <summary>A model that requests may name: a folder on this machine, or a run in the store.</summary>
/// <param name="Id">Its name in requests.</param>
/// <param name="Created">When it was made.</param>
/// <param name="Folder">The Hugging Face folder of a base model; null for a fine-tuned one.</param>
/// <param name="Run">The run of a fine-tuned model; null for a base model.</param>
/// <param name="Root">The base model that it comes from; a base model is its own root.</param>
internal sealed record CatalogModel(string Id, DateTimeOffset Created, string? Folder, string? Run, string Root)
{
    /// <value>The step of a checkpoint; null (default) for what the run ended with.</value>
    public long? Step { get; init; }

    /// <summary>The manifest of a fine-tuned model.</summary>
    public ManifestAddress Address => Step is { } step ? ManifestAddress.At(Run!, step) : ManifestAddress.Last(Run!);
}
