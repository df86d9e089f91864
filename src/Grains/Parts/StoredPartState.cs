using LisaOrleans.Checkpoints;
using LisaOrleans.Model;
using LisaOrleans.Training;
using static TorchSharp.torch;

namespace LisaOrleans.Grains;

/// <summary>A part's state from its blobs.</summary>
internal sealed class StoredPartState : IPartState
{
    private readonly PartLoad _load;
    private readonly PartSchema _schema;
    private readonly bool _isWhole;
    private SafetensorsReader? _weights;
    private SafetensorsReader? _state;
    private SafetensorsReader? _adapter;

    private StoredPartState(PartLoad load, PartSchema schema, bool isWhole) => (_load, _schema, _isWhole) = (load, schema, isWhole);

    public PartLoaded Loaded { get; private set; } = new(PartSource.Store, 0);

    /// <summary>Reads all of it.</summary>
    public static Task<StoredPartState> Read(IBlobStore store, PartLoad load, PartSchema schema, CancellationToken cancellationToken) =>
        Read(store, load, schema, isWhole: true, cancellationToken);

    /// <summary>
    /// Reads what training changes alone, for a part that has its other weights: the training state or, before that of adapters is in a
    /// manifest, those they began with.
    /// </summary>
    public static Task<StoredPartState> ReadTraining(
        IBlobStore store, PartLoad load, PartSchema schema, CancellationToken cancellationToken) =>
        Read(store, load, schema, isWhole: false, cancellationToken);

    private static async Task<StoredPartState> Read(
        IBlobStore store, PartLoad load, PartSchema schema, bool isWhole, CancellationToken cancellationToken)
    {
        var state = new StoredPartState(load, schema, isWhole);
        try
        {
            if (isWhole) state._weights = await Open(load.Weights);
            if (load.Optimizer is not null) state._state = await Open(load.Optimizer);
            if (load.Adapter is not null && (isWhole || load.Optimizer is null)) state._adapter = await Open(load.Adapter);
            return state;
        }
        catch
        {
            state.Dispose();
            throw;
        }

        async Task<SafetensorsReader> Open(BlobRef blob)
        {
            var content = await store.ReadAsync(blob, cancellationToken);
            state.Loaded = state.Loaded with { Bytes = state.Loaded.Bytes + blob.Length };
            return SafetensorsReader.FromBlob(content, blob.Sha256);
        }
    }

    public Dictionary<string, Tensor> TakeWeights(Device device)
    {
        var weights = TakeOwnWeights(device);
        if (!_schema.HasAdapters) return weights;
        try
        {
            if (_adapter is null)
                throw new InvalidDataFileException($"manifest of {_load.Spec.RunName}", $"'{_schema.Adapters[0].Name}' is in no blob of adapters");
            var adapters = PartStorage.ToWeights(_adapter, _load.Adapter!.Sha256, _schema.Adapters, _schema.Dtypes.OfAdapters, device);
            foreach (var (name, value) in adapters) weights.Add(name, value);
            return weights;
        }
        catch
        {
            foreach (var weight in weights.Values) weight.Dispose();
            throw;
        }
    }

    public void RestoreTrainingState(ModelPart part)
    {
        if (_state is not null) PartStorage.RestoreTrainingState(part, _state, _load.Optimizer!.Sha256);
        else if (!_isWhole && _adapter is not null) PartStorage.RestoreAdapters(part, _adapter, _load.Adapter!.Sha256, _schema.AdapterTensors);
    }

    public void Dispose()
    {
        _weights?.Dispose();
        _state?.Dispose();
        _adapter?.Dispose();
    }

    private Dictionary<string, Tensor> TakeOwnWeights(Device device)
    {
        var weights = _weights ?? throw new InvalidOperationException("the weights were taken already");
        if (!WeightForms.Of(_load.Spec).IsMapped)
            return PartStorage.ToWeights(weights, _load.Weights.Sha256, _schema.Weights, _schema.Dtypes, device);
        WeightForms.CheckMapped(weights, device);
        _weights = null;
        return PartStorage.MapWeights(weights, _load.Weights.Sha256, _schema.Weights, _schema.Dtypes);
    }
}
