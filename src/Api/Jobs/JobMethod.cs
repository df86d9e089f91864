using System.Text.Json;
using System.Text.Json.Serialization;

namespace LisaOrleans.Api;

/// <summary>How a job trains.</summary>
public sealed record JobMethod
{
    /// <value><c>supervised</c> or <c>dpo</c> (LISA with OpenAI's settings), or a method of <c>lisa train</c>.</value>
    public required string Type { get; init; }

    /// <value>Settings of type supervised.</value>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public JobMethodSettings<SupervisedHyperparameters>? Supervised { get; init; }

    /// <value>Settings of type dpo, which learns from pairs of answers.</value>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public JobMethodSettings<DpoHyperparameters>? Dpo { get; init; }

    /// <value>Settings of the other types, each in a field of the type's name: an object with <c>hyperparameters</c>.</value>
    [JsonExtensionData]
    public IDictionary<string, JsonElement>? Methods { get; init; }
}
