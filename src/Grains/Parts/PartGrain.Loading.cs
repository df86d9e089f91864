using System.Text.Json;
using LisaOrleans.Model;
using LisaOrleans.Training;

namespace LisaOrleans.Grains;

/// <content>How it comes into the state of a manifest.</content>
internal abstract partial class PartGrain<TPart>
    where TPart : ModelPart
{
    // Other forms than the plain one are made from what the store has, so that every replica knows what it holds.
    private async Task Recognize(
        long generation, BlobRef weights, BlobRef? optimizer, BlobRef? adapter, CancellationToken cancellationToken)
    {
        if (optimizer is not null || adapter is not null || !_sleeping.AreWhole) return;
        await _held.Recognize(weights, copy => _device.Run(generation, copy, cancellationToken: cancellationToken), cancellationToken);
        _fence.Check(generation);
    }

    // False where it takes longer than whoever asks for a hand-over would wait: the store has it, too.
    private async Task<bool> RecognizeSoon(
        long generation, BlobRef weights, BlobRef? optimizer, BlobRef? adapter, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(s_recognitionPatience);
        try
        {
            await Recognize(generation, weights, optimizer, adapter, patience.Token);
            return true;
        }
        catch (OperationCanceledException) when (patience.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }

    // A run that was imported anew may have the same weights by other settings: a part is made by its run's, and keeps them.
    private async Task ForgetOthers(PartLoad load, CancellationToken cancellationToken)
    {
        var madeOf = JsonSerializer.Serialize(load.Spec) + load.ConfigJson;
        if (Part is not null && _loads.MadeOf != madeOf) await _device.Run(load.Generation, _held.Release, cancellationToken: cancellationToken);
        _loads.MadeOf = madeOf;
    }

    // Null where the part is to be loaded ahead and cannot be.
    private async Task<PartLoaded?> LoadState(PartLoad load, CancellationToken cancellationToken)
    {
        var config = ModelConfigReader.Parse(load.ConfigJson, $"{RunId}/config.json", ofRun: true);
        var schema = PartSchema.Of(config, load.Spec, PartId);
        _sleeping.Loading(load, schema);
        if (_held.CanFollow(load)) return OwnersWeights.Announced(schema);
        if (_held.CanGoBack(load)) return await GoBack(load, schema, cancellationToken);
        using var state = load.OwnerSendsWeights ? new OwnersWeights(schema) : await ReadState(load, schema, cancellationToken);
        if (state is null) return null;
        await _device.Run(
            load.Generation,
            () =>
            {
                _held.Take(() => Create(state, config, schema, load.Spec));
                _sleeping.Forget();

                // What packing took is not to lie beside activations.
                HostMemory.ReturnFree();
            },
            cancellationToken: cancellationToken);
        return state.Loaded;
    }

    // From the silo where it lay before, if that still has it, or from the store.
    private async Task<IPartState?> ReadState(PartLoad load, PartSchema schema, CancellationToken cancellationToken)
    {
        if (!_sleeping.ComeFromStore && load.HeldBy is { } silo)
        {
            var holder = PartGrains.Get(GrainFactory, RunId, PartId, silo);
            var (state, isOther) = await services.Receiver.Receive(holder, PartId, load, schema, cancellationToken);
            if (state is not null) return state;

            // Where it was trained since the manifest, the next one names other weights. Those of adapters are the same in all.
            if (load.Ahead && isOther && load.Adapter is null) return null;
        }

        return await StoredPartState.Read(services.Store, load, schema, cancellationToken);
    }

    private async Task<PartLoaded> GoBack(PartLoad load, PartSchema schema, CancellationToken cancellationToken)
    {
        using var state = await StoredPartState.ReadTraining(services.Store, load, schema, cancellationToken);
        await _device.Run(load.Generation, () => _held.GoBack(state), cancellationToken: cancellationToken);
        return state.Loaded;
    }

    private TPart Create(IPartState state, ModelConfig config, PartSchema schema, TrainingSpec spec)
    {
        var weights = state.TakeWeights(services.Worker.Device);
        TPart part;
        try
        {
            part = Create(config, schema.Dtypes, schema.Optimizer, spec, weights);
        }
        catch
        {
            foreach (var weight in weights.Values) weight.Dispose();
            throw;
        }

        try
        {
            state.RestoreTrainingState(part);
            return part;
        }
        catch
        {
            part.Dispose();
            throw;
        }
    }
}
