using System.Diagnostics;
using LisaOrleans.Model;

namespace LisaOrleans.Grains;

/// <content>Storing it.</content>
internal sealed partial class HeldState<TPart>
    where TPart : ModelPart
{
    /// <summary>
    /// Begins to store what changed since the last snapshot. It is copied where it lies on a GPU; on a processor by whatever changes it
    /// before it is stored.
    /// </summary>
    /// <param name="copyOnDevice">Runs the copying on the device's thread.</param>
    /// <param name="life">Cancels the storing.</param>
    /// <returns>How long the device copied; null if nothing changed since the last one that a manifest asked for.</returns>
    public async Task<TimeSpan?> BeginSnapshot(Func<Func<PartCopy>, Task<PartCopy>> copyOnDevice, CancellationToken life)
    {
        await FinishSnapshot();
        if (IsStored)
        {
            await RenewStored(cancellationToken: life);
            return _unnamed ? TimeSpan.Zero : null;
        }

        var (parked, took) = (_parked, TimeSpan.Zero);
        var copy = await copyOnDevice(() =>
        {
            var begun = Stopwatch.GetTimestamp();
            var copy = _shared.Share(PartCopy.OfState(Part!, _version, services.Worker.Device));
            took = Stopwatch.GetElapsedTime(begun);
            return copy;
        });
        _snapshot = PartSnapshot.Start(services.Store, copy, _stored!, parked, life);
        return took;
    }

    /// <summary>Copies what a snapshot that is not stored yet shares with the part, which is about to change. On the device's thread.</summary>
    public void Separate() => _shared.Separate();

    /// <summary>Waits until that snapshot is in the store.</summary>
    /// <param name="check">Throws if the generation was replaced meanwhile.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <param name="named">Whether a manifest is going to name its blob.</param>
    public async Task<PartBlobs> CompleteSnapshot(Action check, CancellationToken cancellationToken, bool named = true)
    {
        if (_snapshot is not { } snapshot)
        {
            if (named) _unnamed = false;
            return _stored!;
        }

        var stored = await snapshot.Upload.WaitAsync(cancellationToken);
        check();
        if (ReferenceEquals(_snapshot, snapshot)) _snapshot = null;

        // What was stored since, because the part sleeps now, is newer.
        if (snapshot.Version > _storedVersion)
        {
            (_stored, _storedVersion, _unnamed) = (stored, snapshot.Version, !named);
        }

        return stored;
    }

    /// <summary>Keeps the garbage collector from taking what was stored before a manifest names it.</summary>
    public async Task RenewStored(CancellationToken cancellationToken)
    {
        if (!_unnamed || _stored is null || await services.Store.RenewAsync(_stored.Weights, cancellationToken)) return;
        throw new IOException($"the weights of {_name.Part}, blob {_stored.Weights.Sha256}, are not in the store any more");
    }

    /// <summary>
    /// Waits for a snapshot of an earlier attempt whose outcome nobody asked for. If it failed, that no longer matters: the state
    /// that it copied is still marked as changed, so the next snapshot copies it again.
    /// </summary>
    public async Task FinishSnapshot()
    {
        if (_snapshot is not { } snapshot) return;
        await snapshot.Upload.ContinueWith(static t => _ = t.Exception, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        if (ReferenceEquals(_snapshot, snapshot)) _snapshot = null;
    }
}
