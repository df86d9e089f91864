using System.Collections.Concurrent;
using LisaOrleans.Model;
using LisaOrleans.Training;
using Microsoft.Extensions.Logging;

namespace LisaOrleans.Grains;

/// <summary>
/// Takes parts over from the silos that held them. What arrives is hashed as the blob that it stands for, and used only if it is
/// that blob byte for byte; otherwise the store is read. Only a few parts come at a time, so that memory is bounded. A silo that gives
/// no answer is not asked for the parts that follow: one that has died would keep each of them waiting.
/// </summary>
public sealed partial class PartReceiver(ITensorExchange exchange, ILogger<PartReceiver> logger) : IDisposable
{
    private const int PartsAtOneTime = 2;

    // The holder only looks up what it has; the tensors come separately, under the transport's time-outs.
    private static readonly TimeSpan s_answerPatience = TimeSpan.FromSeconds(10);

    // One that trains answers between two passes; and nobody waits.
    private static readonly TimeSpan s_patienceAhead = TimeSpan.FromSeconds(50);

    private readonly SemaphoreSlim _room = new(PartsAtOneTime);

    // Apart: a run that stands still must not wait for what another one loads ahead.
    private readonly SemaphoreSlim _roomAhead = new(PartsAtOneTime);

    // By run: the silos that gave no answer, and the generation in which they were asked.
    private readonly ConcurrentDictionary<string, (long Generation, string[] Silos)> _silent = new();

    /// <inheritdoc/>
    public void Dispose()
    {
        _room.Dispose();
        _roomAhead.Dispose();
    }

    /// <summary>The state that a load names, from the part's last holder; null if that fails, or if the holder has another one.</summary>
    internal async Task<(IPartState? State, bool IsOther)> Receive(
        IPartGrain holder, string part, PartLoad load, PartSchema schema, CancellationToken cancellationToken)
    {
        var room = load.Ahead ? _roomAhead : _room;
        await room.WaitAsync(cancellationToken);
        try
        {
            if (IsSilent(load)) return (null, false);
            var offer = await Ask(holder, load, cancellationToken);
            if (offer is not null) return (await Claim(offer, load, schema, cancellationToken), false);
            if (load is { Ahead: true, Adapter: null }) LogNotHeldAhead(load.Spec.RunName, part, load.HeldBy!);
            else LogNotHeld(load.Spec.RunName, part, load.HeldBy!);
            return (null, true);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested && e is not StaleGenerationCallException)
        {
            LogFailed(e, load.Spec.RunName, part, load.HeldBy!);
            return (null, false);
        }
        finally
        {
            room.Release();
        }
    }

    private bool IsSilent(PartLoad load) => _silent.TryGetValue(load.Spec.RunName, out var silent)
        && silent.Generation == load.Generation && silent.Silos.Contains(load.HeldBy);

    private async Task<PartHandOver?> Ask(IPartGrain holder, PartLoad load, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(load.Ahead ? s_patienceAhead : s_answerPatience);
        try
        {
            return await holder.HandOver(load.Generation, load.Weights, load.Optimizer, load.Adapter, patience.Token).WaitAsync(patience.Token);
        }
        catch (Exception e) when (
            e is OrleansException
            || (!load.Ahead && (e is TimeoutException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))))
        {
            _silent.AddOrUpdate(
                load.Spec.RunName,
                _ => (load.Generation, [load.HeldBy!]),
                (_, silent) => (load.Generation, silent.Generation == load.Generation ? [.. silent.Silos, load.HeldBy!] : [load.HeldBy!]));
            throw;
        }
    }

    private async Task<HandedOverPartState> Claim(
        PartHandOver offer, PartLoad load, PartSchema schema, CancellationToken cancellationToken)
    {
        var blobs = Blobs(load, schema).ToArray();
        TensorSpec[] wanted = [.. blobs.SelectMany(b => b.Tensors)];
        if (!offer.Tensors.Select(t => (t.DType, Shape: string.Join(',', t.Shape)))
            .SequenceEqual(wanted.Select(w => (w.DType.ToString(), string.Join(',', w.Shape)))))
        {
            throw new IOException("the tensors that were offered have other shapes or dtypes than the part's");
        }

        var tensors = new List<NamedTensor>();
        try
        {
            for (var i = 0; i < wanted.Length; i++)
                tensors.Add(new NamedTensor(wanted[i].Name, await exchange.ClaimToKeep(offer.Tensors[i], cancellationToken)));
            var (first, bytes) = (0, 0L);
            foreach (var (expected, held) in blobs)
            {
                var metadata = expected == load.Optimizer ? PartStorage.StateMetadata(offer.StateStep) : null;
                var own = tensors.GetRange(first, held.Count);
                var blob = await Task.Run(() => PartStorage.ToBlob(own, metadata), cancellationToken);
                if (blob.Sha256 != expected.Sha256)
                    throw new IOException($"the state that came is blob {blob.Sha256}; the manifest's is {expected.Sha256}");
                (first, bytes) = (first + held.Count, bytes + blob.Length);
            }

            return new HandedOverPartState(
                tensors.ToDictionary(t => t.Name, t => t.Value), load.Optimizer is null ? null : offer.StateStep, bytes, schema);
        }
        catch
        {
            foreach (var tensor in tensors) tensor.Value.Dispose();
            throw;
        }
    }

    // The blobs that the part's state consists of. Nobody needs the weights that a part began with which now trains them, nor the
    // adapters.
    private static IEnumerable<(BlobRef Blob, IReadOnlyList<TensorSpec> Tensors)> Blobs(PartLoad load, PartSchema schema)
    {
        if (load.Optimizer is null || schema.HasAdapters) yield return (load.Weights, schema.WeightTensors);
        if (load.Optimizer is not null) yield return (load.Optimizer, schema.StateTensors);
        else if (load.Adapter is not null) yield return (load.Adapter, schema.AdapterTensors);
    }

    [LoggerMessage(
        Level = LogLevel.Information, Message = "Run {Run}: {Silo} does not hold the manifest's state of {Part}; reading it from the store")]
    private partial void LogNotHeld(string run, string part, string silo);

    [LoggerMessage(
        Level = LogLevel.Information, Message = "Run {Run}: {Silo} does not hold the manifest's state of {Part}; it is not loaded ahead")]
    private partial void LogNotHeldAhead(string run, string part, string silo);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Run {Run}: {Part} could not be taken over from {Silo}; reading it from the store")]
    private partial void LogFailed(Exception exception, string run, string part, string silo);
}
