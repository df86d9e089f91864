namespace LisaOrleans.Model;

/// <summary>A family of models: what config.json calls it, and how its fields are read.</summary>
/// <param name="ModelType">The field model_type.</param>
/// <param name="Read">Reads the fields.</param>
internal sealed record ModelFamily(string ModelType, Func<ConfigFields, ModelConfig> Read)
{
    /// <value>Model types of multimodal models whose <c>text_config</c> is of this family.</value>
    public IReadOnlyList<string> Wrappers { get; init; } = [];
}
