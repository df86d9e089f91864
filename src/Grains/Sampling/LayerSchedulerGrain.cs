using LisaOrleans.Checkpoints;
using LisaOrleans.Training;

namespace LisaOrleans.Grains;

/// <inheritdoc cref="ILayerSchedulerGrain"/>
[ControlPlacement]
internal sealed class LayerSchedulerGrain(IBlobStore store, StoreReach reach) : Grain, ILayerSchedulerGrain
{
    private const int MostPeriods = 100;

    private RunSchedule? _schedule;
    private long _generation = -1;

    private string Run => this.GetPrimaryKeyString();

    public async Task<PeriodAnswer> BeginPeriod(
        long generation, long period, IReadOnlyList<StepRecord> committed, CancellationToken cancellationToken)
    {
        if (generation < _generation) throw Stale(generation, _generation);
        if (_schedule is null || generation > _generation)
        {
            try
            {
                var head = await RunStore.ReadHeadAsync(store, Run, cancellationToken);
                if (head?.Manifest is not { } manifest || head.Generation != generation) throw Stale(generation, head?.Generation ?? 0);
                await Read(manifest, generation, cancellationToken);
            }
            catch (Exception e) when (e is not StaleGenerationCallException && !cancellationToken.IsCancellationRequested)
            {
                // What this silo is refused, the one that it goes to is not: the run is to ask again.
                if (await reach.MoveAway(this)) throw new IOException(e.Message);
                throw;
            }
        }

        foreach (var record in committed)
            if (record.Step == _schedule!.Step + 1) _schedule.Add(record);
        return new PeriodAnswer(_schedule!.Step, _schedule.Plan(period));
    }

    public async Task<LayerSchedule?> GetSchedule(int past, int coming, CancellationToken cancellationToken)
    {
        if (await RunStore.ReadHeadAsync(store, Run, cancellationToken) is not { Manifest: { } manifest } head) return null;
        if (_schedule is null || head.Generation != _generation) await Read(manifest, head.Generation, cancellationToken);
        return _schedule!.Look(Math.Clamp(past, 0, MostPeriods), Math.Clamp(coming, 0, MostPeriods));
    }

    private static StaleGenerationCallException Stale(long given, long current) => new("the schedule", given, current);

    // Whatever this activation knew before belongs to a generation that is over.
    private async Task Read(BlobRef blob, long generation, CancellationToken cancellationToken)
    {
        var manifest = await RunStore.ReadManifestAsync(store, blob, cancellationToken);
        var spec = await RunFiles.ReadSpecAsync(store, manifest, cancellationToken);
        var (_, config) = await RunFiles.ReadConfigAsync(store, manifest, cancellationToken);
        var history = await RunHistory.Read(store, manifest, cancellationToken);
        var schedule = RunSchedule.Of(manifest, spec, config);
        foreach (var record in history.Records) schedule.Add(record);
        (_schedule, _generation) = (schedule, generation);
    }
}
