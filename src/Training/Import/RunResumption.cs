using System.Text.Json;
using LisaOrleans.Checkpoints;

namespace LisaOrleans.Training;

/// <summary>Goes on with a run whose model, data and settings are in the store, without its files.</summary>
public static class RunResumption
{
    /// <summary>The settings of a stored run, with those that are given in their place.</summary>
    /// <param name="store">The store.</param>
    /// <param name="run">The run.</param>
    /// <param name="given">Settings that may change on resume.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="InvalidDataFileException">The store has no such run.</exception>
    /// <exception cref="RunExistsException">A given setting would change the result.</exception>
    /// <exception cref="InvalidTrainingSettingException">One is outside what is allowed, or would end a complete run otherwise.</exception>
    /// <exception cref="RunEndedException">The run was cancelled.</exception>
    public static async Task<(Manifest Manifest, TrainingSpec Stored, TrainingSpec Spec)> ReadAsync(
        IBlobStore store, string run, GivenSettings given, CancellationToken cancellationToken)
    {
        if (await RunStore.ReadHeadAsync(store, run, cancellationToken) is { } head) StoredRunStatus.CheckNotCancelled(head);
        var (manifest, _) = await RunManifests.ReadAsync(store, ManifestAddress.Last(run), cancellationToken);
        var stored = await RunFiles.ReadSpecAsync(store, manifest, cancellationToken);
        var spec = DerivedSettings.GoOn(given.Over(stored, goesOn: true), stored);
        RunSettings.Table.Check(spec);
        given.CheckUse(spec);
        var (_, config) = await RunFiles.ReadConfigAsync(store, manifest, cancellationToken);
        TrainingSpecValidator.Validate(spec, config);
        TrainingSpecValidator.CheckEvaluation(spec, stored, manifest.EvalDataset is not null);
        WeightForms.CheckStore(spec, store);
        if (SpecComparison.Differences(stored, spec) is { Count: > 0 } differences) throw new RunExistsException(run, differences);
        RunEnd.CheckUnchanged(manifest, stored, spec);
        return (manifest, stored, spec);
    }

    /// <summary>Makes the run ready to start.</summary>
    /// <param name="store">The store.</param>
    /// <param name="run">The run.</param>
    /// <param name="given">Settings that may change on resume.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <param name="options">Who it is for.</param>
    /// <exception cref="InvalidDataFileException">The store has no such run.</exception>
    /// <exception cref="RunExistsException">A given setting would change the result.</exception>
    /// <exception cref="RunEndedException">The run was cancelled.</exception>
    public static async Task<ImportOutcome> PrepareAsync(
        IBlobStore store, string run, GivenSettings given, CancellationToken cancellationToken, ImportOptions? options = null)
    {
        options ??= new ImportOptions();
        var (manifest, stored, spec) = await ReadAsync(store, run, given, cancellationToken);
        if (!manifest.Completed) options.CheckDevices(spec);
        if (manifest is { Completed: false, Dataset: { } data }) options.DataKnown?.Invoke(data);
        var plan = await RunPlan.Read(store, manifest, cancellationToken);
        if (options.BeforeWriting is { } begin) await begin(cancellationToken);

        // A run that is complete has no use for other settings of training and saving: it stays as it is.
        if (!manifest.Completed && JsonSerializer.Serialize(stored) != JsonSerializer.Serialize(spec))
        {
            var blob = new BytesBlob(JsonSerializer.SerializeToUtf8Bytes(spec));
            await store.PutAsync(blob, cancellationToken);
            var claim = new RunClaim(RunHeadStates.Queued)
            {
                Holder = options.Holder,
                Check = h => StoredRunStatus.CheckNotCancelled(h),
            };
            var session = await RunStore.AcquireAsync(store, run, claim, cancellationToken);
            manifest = session.Manifest! with { Spec = new BlobRef(blob.Sha256, blob.Length), Generation = session.Generation };
            await session.CommitAsync(manifest, cancellationToken);
        }

        return new ImportOutcome
        {
            Resumed = true,
            ManifestStep = manifest.Step,
            Spec = spec,
            TotalSteps = RunEnd.TotalSteps(manifest, plan.TotalSteps),
            AlreadyCompleted = manifest.Completed,
            Data = RunData.Of(manifest) ?? new RunData(plan.DataFigures, null),
        };
    }
}
