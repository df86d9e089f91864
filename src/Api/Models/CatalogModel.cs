namespace LisaOrleans.Api;

/// <summary>A model that requests may name: a folder of this machine, or a finished run of the store.</summary>
/// <param name="Id">Its name in requests.</param>
/// <param name="Created">When it came to be.</param>
/// <param name="Folder">The Hugging Face folder of a base model; null for a fine-tuned one.</param>
/// <param name="Run">The run of a fine-tuned model; null for a base model.</param>
/// <param name="Root">The base model at its beginning; for a base model itself.</param>
internal sealed record CatalogModel(string Id, DateTimeOffset Created, string? Folder, string? Run, string Root);
