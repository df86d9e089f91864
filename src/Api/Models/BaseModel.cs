using LisaOrleans.Model;

namespace LisaOrleans.Api;

/// <summary>What a job has to know of the model that it begins with.</summary>
/// <param name="Model">The model.</param>
/// <param name="ConfigJson">Its config.json.</param>
/// <param name="Config">The same, read.</param>
/// <param name="Dtype">What its weights are in, by Hugging Face's name.</param>
internal sealed record BaseModel(CatalogModel Model, string ConfigJson, ModelConfig Config, string Dtype);
