using System.Diagnostics;
using LisaOrleans.Model;

namespace LisaOrleans.Grains;

/// <content>Storing it.</content>
internal sealed partial class HeldState<TPart>
    where TPart : ModelPart
{
    // What a manifest was last asked for here; a part may have gone on, and been stored again, before its blobs are asked for.
    private (long Step, PartSnapshot Snapshot)? _due;

    /// <summary>
    /// Begins to store for a manifest what changed since the last snapshot. It is copied where it lies on a GPU; on a processor by whatever
    /// changes it before it is stored.
    /// </summary>
    /// <param name="step">The manifest's step.</param>
    /// <param name="copyOnDevice">Runs the copying on the device's thread.</param>
    /// <param name="life">Cancels the storing.</param>
    /// <returns>How long the device copied; null if nothing changed since the last one that a manifest asked for.</returns>
    public async Task<TimeSpan?> BeginSnapshot(long step, Func<Func<PartCopy>, Task<PartCopy>> copyOnDevice, CancellationToken life)
    {
        await FinishSnapshot();
        if (IsStored)
        {
            await RenewStored(cancellationToken: life);
            _due = (step, PartSnapshot.Of(_version, _stored!));
            return _saved.IsUnnamed ? TimeSpan.Zero : null;
        }

        var (snapshot, took) = await Start(copyOnDevice, life);
        _due = (step, snapshot);
        return took;
    }

    /// <summary>Copies what a snapshot that is not stored yet shares with the part, which is about to change. On the device's thread.</summary>
    public void Separate() => _shared.Separate();

    /// <summary>Waits until the snapshot of a manifest is in the store.</summary>
    /// <param name="step">The manifest's step.</param>
    /// <param name="check">Throws if the generation was replaced meanwhile.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="InvalidOperationException">None was begun for that step, or one for another since.</exception>
    public Task<PartBlobs> CompleteSnapshot(long step, Action check, CancellationToken cancellationToken) =>
        _due is { } due && due.Step == step
            ? Complete(due.Snapshot, check, named: true, cancellationToken)
            : throw new InvalidOperationException($"{_name.Part} has no snapshot of step {step}; its last one is of step {_due?.Step}");

    /// <summary>Stores what changed, before a manifest asks for it.</summary>
    /// <param name="copyOnDevice">Runs the copying on the device's thread.</param>
    /// <param name="check">Throws if the generation was replaced meanwhile.</param>
    /// <param name="life">Cancels the storing.</param>
    /// <param name="cancellationToken">Cancels waiting for it.</param>
    public async Task Store(
        Func<Func<PartCopy>, Task<PartCopy>> copyOnDevice, Action check, CancellationToken life, CancellationToken cancellationToken)
    {
        await FinishSnapshot();
        var (snapshot, _) = await Start(copyOnDevice, life);
        await Complete(snapshot, check, named: false, cancellationToken);
    }

    /// <summary>Keeps the garbage collector from taking what was stored before a manifest names it.</summary>
    public async Task RenewStored(CancellationToken cancellationToken)
    {
        if (!_saved.IsUnnamed || _stored is null || await services.Store.RenewAsync(_stored.Weights, cancellationToken)) return;
        throw new IOException($"the weights of {_name.Part}, blob {_stored.Weights.Sha256}, are not in the store any more");
    }

    /// <summary>
    /// Waits for a snapshot of an earlier attempt whose outcome nobody asked for. If it failed, that no longer matters: the state
    /// that it copied is still marked as changed, so the next snapshot copies it again.
    /// </summary>
    /// <param name="isWanted">Whether it should be stored all the same; else its upload, which may take long, is given up.</param>
    public async Task FinishSnapshot(bool isWanted = true)
    {
        if (_snapshot is not { } snapshot) return;
        if (!isWanted) snapshot.GiveUp();
        await snapshot.Upload.ContinueWith(static t => _ = t.Exception, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        if (ReferenceEquals(_snapshot, snapshot)) _snapshot = null;
    }

    private async Task<(PartSnapshot Snapshot, TimeSpan Took)> Start(Func<Func<PartCopy>, Task<PartCopy>> copyOnDevice, CancellationToken life)
    {
        var (parked, took) = (_parked, TimeSpan.Zero);
        var copy = await copyOnDevice(() =>
        {
            var begun = Stopwatch.GetTimestamp();
            var copy = _shared.Share(PartCopy.OfState(Part!, _version, services.Worker.Device));
            took = Stopwatch.GetElapsedTime(begun);
            return copy;
        });
        return (_snapshot = PartSnapshot.Start(services.Store, copy, _stored!, parked, life), took);
    }

    private async Task<PartBlobs> Complete(PartSnapshot snapshot, Action check, bool named, CancellationToken cancellationToken)
    {
        var stored = await snapshot.Upload.WaitAsync(cancellationToken);
        check();
        if (ReferenceEquals(_snapshot, snapshot)) _snapshot = null;

        // What was stored since, because the part sleeps now, is newer.
        if (snapshot.Version > _saved.Version) (_stored, _saved.Version, _saved.IsUnnamed) = (stored, snapshot.Version, !named);
        else if (snapshot.Version == _saved.Version && named) _saved.IsUnnamed = false;
        return stored;
    }
}
