using LisaOrleans.Checkpoints;
using LisaOrleans.Training;

namespace LisaOrleans.Cli;

/// <summary>What <c>lisa train</c> trains: a run of model and data that are named, or with <c>--resume</c> a run of the store.</summary>
internal sealed class TrainingStart
{
    private readonly SettingValues _values;
    private readonly RunRequest? _request;
    private readonly bool _resume;

    private TrainingStart(SettingValues values, string run, RunRequest? request, bool resume) =>
        (_values, RunName, _request, _resume) = (values, run, request, resume);

    /// <summary>The run's name.</summary>
    public string RunName { get; }

    /// <summary>The model's folder; null where only the store is read.</summary>
    public string? ModelFolder => _request?.ModelFolder;

    /// <summary>The folder of the adapter that training begins with; null for none, or where only the store is read.</summary>
    public string? AdapterFolder => _request?.AdapterFolder;

    /// <summary>Reads all settings, and checks what can be checked before anything is written.</summary>
    public static TrainingStart From(SettingValues values)
    {
        if (!values.Has(HistorySettings.Resume))
        {
            var request = TrainingRequest.From(values);
            return new TrainingStart(values, request.Spec.RunName, request, resume: false);
        }

        var run = values.Text(HistorySettings.Resume);
        if (!Checkpoints.RunName.IsValid(run))
            throw new UsageException($"{values.Place(HistorySettings.Resume.Key)} is '{run}'; it must be the name of a run in the store");
        if (values.Has(KnownSettings.RunName) && values.Spec().RunName != run)
        {
            throw new UsageException(
                $"{values.Place(KnownSettings.RunName.Key)} is '{values.Spec().RunName}', but --resume names '{run}'; leave it out");
        }

        if (values.Flag(KnownSettings.Overwrite))
            throw new UsageException($"{values.Place(KnownSettings.Overwrite.Key)}: a run cannot be both resumed and started over");
        var files = values.Has(KnownSettings.Model) && values.Has(KnownSettings.DataFile);
        Setting[] ofFiles = [KnownSettings.Model, KnownSettings.Adapter, KnownSettings.DataFile, KnownSettings.EvalData];
        foreach (var setting in KnownSettings.Train.Where(s => ofFiles.Contains(s) || s.Training?.Record == typeof(DatasetSettings)))
        {
            if (!files && values.Has(setting))
                throw new UsageException(
                    $"{values.Place(setting.Key)}: the model and the data of '{run}' are in the store; leave it out, "
                    + "or give both --model and --data to have them compared");
        }

        return new TrainingStart(values, run, files ? TrainingRequest.From(values) : null, resume: true);
    }

    /// <summary>Brings the run into the store, or checks that what is there can go on.</summary>
    /// <param name="store">The store.</param>
    /// <param name="output">The folder of the result.</param>
    /// <param name="progress">Receives progress.</param>
    /// <param name="options">Who it is for.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public async Task<ImportOutcome> PrepareAsync(
        IBlobStore store, string output, IProgress<ImportProgress> progress, ImportOptions options, CancellationToken cancellationToken)
    {
        if (!_resume) return await RunImporter.ImportAsync(store, _request!, progress, cancellationToken, options);
        var (_, _, spec) = await RunResumption.ReadAsync(store, RunName, _values.Training, cancellationToken);
        AdapterFiles.CheckFolder(output, Methods.Adapters(spec) is not null);

        // The run's settings are all chosen by now, those of its adapter among them.
        return _request is { } request
            ? await RunImporter.ImportAsync(
                store, request with { Spec = spec, Given = [.. RunSettings.Table.All.Select(s => s.Name)] }, progress, cancellationToken, options)
            : await RunResumption.PrepareAsync(store, RunName, _values.Training, cancellationToken, options);
    }

    /// <summary>Checks the folder of the result, as far as that is possible before the store is read.</summary>
    public void CheckOutput(string output)
    {
        Check(ModelFolder, "model");
        Check(AdapterFolder, "adapter");
        if (_request is { } request && !_resume) AdapterFiles.CheckFolder(output, Methods.Adapters(request.Spec) is not null);

        void Check(string? folder, string what)
        {
            if (folder is not null && OutputFolder.Is(output, folder))
                throw new UsageException($"--output: {output} is the {what}'s own folder; training would replace the {what} that it begins with");
        }
    }
}
