namespace LisaOrleans.Grains;

/// <content>What it tells those who ask.</content>
internal sealed partial class RunGrain
{
    public async Task<RunStatus> GetStatus()
    {
        // Of a run that this activation has not taken, the store knows the status best.
        if (_life.Phase is RunPhase.Queued
            || (!_run.IsTaken && (_life.Phase.State == RunState.Starting || _life.Phase is RunPhase.Ended { IsStored: true })))
        {
            var stored = await _run.ReadStatus();
            return stored.State == RunState.Queued && _placement.Silos.Waits is { } waits
                ? stored with { QueuePosition = waits.Position, Error = waits.Reason }
                : stored;
        }

        return LiveRunStatus.Of(_run, _placement, _life);
    }

    public IAsyncEnumerable<TrainingEvent> Watch(EventPosition after, CancellationToken cancellationToken = default) =>
        _events.Watch(after, cancellationToken);

    public Task<IReadOnlyList<TrainingEvent>> GetEvents(EventPosition after, int limit) => _events.Get(after, limit, CancellationToken.None);

    public Task<IReadOnlyList<TrainingEvent>> WaitForEvents(
        EventPosition after, int limit, TimeSpan patience, CancellationToken cancellationToken) =>
        _events.Wait(after, limit, patience, cancellationToken);

    public async Task<IReadOnlyDictionary<string, PartMemory>> GetMemory() =>
        _placement.Pipeline is { } parts ? await parts.Memory() : new Dictionary<string, PartMemory>();
}
