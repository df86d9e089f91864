using LisaOrleans.Checkpoints;

namespace LisaOrleans.Training;

/// <summary>What a run was made from, by names that people know. Its manifests keep it.</summary>
/// <param name="Model">The model's name.</param>
/// <param name="Data">The data that it trains on.</param>
/// <param name="EvalData">The data that is only scored; null where there is none.</param>
/// <param name="Template">The chat template: <c>auto</c> for the model's own.</param>
public sealed record RunOrigin(string Model, string Data, string? EvalData, string Template)
{
    private const string ModelProperty = "model";
    private const string DataProperty = "data_source";
    private const string EvalDataProperty = "eval_data_source";

    /// <summary>A hash over the weights that a manifest's run began with; null where it does not say.</summary>
    public static string? ModelFingerprint(Manifest manifest) => manifest.Properties.GetValueOrDefault(RunImporter.ModelFingerprint);

    /// <summary>What a manifest says of it; null for a run of an older version.</summary>
    public static RunOrigin? Of(Manifest manifest) =>
        manifest.Properties.GetValueOrDefault(ModelProperty) is { } model && manifest.Properties.GetValueOrDefault(DataProperty) is { } data
            ? new RunOrigin(model, data, manifest.Properties.GetValueOrDefault(EvalDataProperty), RunModel.TemplateOf(manifest))
            : null;

    internal static RunOrigin Of(RunRequest request) => new(
        request.ModelName ?? Path.GetFileName(Path.TrimEndingDirectorySeparator(request.ModelFolder)),
        request.DataName ?? DataSourcePaths.Names(request.DataFile),
        request.EvalDataFile is { } file ? request.EvalDataName ?? DataSourcePaths.Names(file) : null,
        request.Dataset.Template);

    internal void AddTo(Dictionary<string, string> properties)
    {
        properties.Add(ModelProperty, Model);
        properties.Add(DataProperty, Data);
        properties.Add(RunModel.TemplateProperty, Template);
        if (EvalData is not null) properties.Add(EvalDataProperty, EvalData);
    }
}
