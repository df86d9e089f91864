using LisaOrleans.Training;

namespace LisaOrleans.Cli;

/// <summary>What <c>lisa train</c> and <c>lisa submit</c> make a run from.</summary>
internal static class TrainingRequest
{
    /// <summary>Reads all settings, and checks what can be checked before anything is written.</summary>
    public static RunRequest From(SettingValues values)
    {
        var request = new RunRequest
        {
            ModelFolder = values.FullPath(KnownSettings.Model),
            AdapterFolder = values.OptionalPath(KnownSettings.Adapter),
            ModelName = values.HubModel?.ToString(),
            DataFile = values.Sources(KnownSettings.DataFile),
            EvalDataFile = values.OptionalSources(KnownSettings.EvalData),
            Dataset = values.Dataset(),
            Overwrite = values.Flag(KnownSettings.Overwrite),
            Spec = values.Spec(),
            Given = [.. values.Training.Settings.Select(s => s.Name)],
        };

        // The run may have begun; if not, its import reads the file as one of a new run.
        var config = ModelSettings.ReadConfig(request.ModelFolder, ofRun: true);
        values.Training.CheckUse(request.Spec);
        TrainingSpecValidator.CheckData(request.Spec, request.Dataset, request.EvalDataFile is not null);
        var spec = AdapterSettings.Of(request, config);
        TrainingSpecValidator.Validate(DerivedSettings.Resolve(spec, config, weightsDtype: null, threads: 1), config);
        return request;
    }
}
