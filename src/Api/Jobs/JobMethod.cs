using System.Text.Json.Serialization;

namespace LisaOrleans.Api;

/// <summary>How a job trains.</summary>
public sealed record JobMethod
{
    /// <value><c>supervised</c> or <c>lisa</c> (the same, with other settings), or <c>full</c>.</value>
    public required string Type { get; init; }

    /// <value>Settings of type supervised.</value>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public JobMethodSettings<SupervisedHyperparameters>? Supervised { get; init; }

    /// <value>Settings of type lisa.</value>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public JobMethodSettings<LisaHyperparameters>? Lisa { get; init; }

    /// <value>Settings of type full.</value>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public JobMethodSettings<LisaHyperparameters>? Full { get; init; }
}
