using LisaOrleans.Data;
using LisaOrleans.Model;

namespace LisaOrleans.Api;

/// <summary>What a job has to know about the model that it begins with.</summary>
/// <param name="Model">The model.</param>
/// <param name="ConfigJson">Its config.json.</param>
/// <param name="Config">The same, read.</param>
/// <param name="Dtype">The number type of its weights, by Hugging Face's name.</param>
internal sealed record BaseModel(CatalogModel Model, string ConfigJson, ModelConfig Config, string Dtype)
{
    /// <value>The manifest of a fine-tuned model; null (default) for a base model.</value>
    public BlobRef? Manifest { get; init; }

    /// <value>The chat template of a fine-tuned model's training; <see cref="ChatTemplates.Auto"/> (default) for a base model.</value>
    public string Template { get; init; } = ChatTemplates.Auto;
}
