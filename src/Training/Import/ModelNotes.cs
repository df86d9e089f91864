using LisaOrleans.Data;
using LisaOrleans.Model;

namespace LisaOrleans.Training;

/// <summary>What a model's config.json asks for and training does not do.</summary>
internal static class ModelNotes
{
    /// <summary>A sentence about dropout; null where the model asks for none.</summary>
    public static string? OfDropout(ModelConfig config) => config.Dropout.Count == 0
        ? null
        : $"{DatasetReport.Warning}the model's config.json asks for dropout in training ({string.Join(", ", config.Dropout)}), which is not applied";
}
