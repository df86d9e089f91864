using LisaOrleans.Checkpoints;
using LisaOrleans.Model;
using LisaOrleans.Training;
using Orleans.Concurrency;

namespace LisaOrleans.Grains;

/// <inheritdoc cref="IClusterGrain"/>
[StatelessWorker]
internal sealed class ClusterGrain(IClusterView cluster, IBlobStore store) : Grain, IClusterGrain
{
    public Task<IReadOnlyList<SiloDescription>> GetTrainingSilos()
    {
        var versions = cluster.Members().ToDictionary(m => m.Address, m => m.Version);
        return Task.FromResult<IReadOnlyList<SiloDescription>>(
            [.. cluster.TrainingSilos().Select(s => s.Describe(versions.GetValueOrDefault(s.Address)))]);
    }

    public async Task<StoreDescription> GetStore() =>
        new((await StoreFormat.EnsureAsync(store, CancellationToken.None)).Id, store.Location);

    public Task<string?> CheckCapacity(TrainingSpec spec, string configJson)
    {
        var config = ModelConfigReader.Parse(configJson, ModelFolder.ConfigFile, ofRun: true);
        var resolved = DerivedSettings.Resolve(spec, config, weightsDtype: null, threads: 1);
        return Task.FromResult(RunCapacity.Check(resolved, config, cluster.TrainingSilos()));
    }

    public async Task<IReadOnlyList<RunStatus>> ListRuns()
    {
        var runs = new List<string>();
        await foreach (var run in RunStore.ListRunsAsync(store, CancellationToken.None)) runs.Add(run);
        return await Task.WhenAll(runs.Order(StringComparer.Ordinal).Select(Status));
    }

    // One run that is damaged must not hide the others.
    private async Task<RunStatus> Status(string run)
    {
        try
        {
            return await GrainFactory.GetGrain<IRunGrain>(run).GetStatus();
        }
        catch (Exception e) when (e is InvalidDataFileException or BlobMissingException or BlobCorruptException)
        {
            return new RunStatus { Run = run, State = RunState.Failed, Error = e.Message };
        }
    }
}
