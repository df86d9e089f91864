using LisaOrleans.Checkpoints;
using LisaOrleans.Model;
using LisaOrleans.Training;
using static TorchSharp.torch;

namespace LisaOrleans.Grains;

/// <summary>A part's state from its blobs.</summary>
internal sealed class StoredPartState : IPartState
{
    private readonly PartLoad _load;
    private readonly IReadOnlyList<ParameterSpec> _specs;
    private readonly PartDtypes _dtypes;
    private readonly SafetensorsReader _weights;
    private readonly SafetensorsReader? _state;

    private StoredPartState(
        PartLoad load, IReadOnlyList<ParameterSpec> specs, PartDtypes dtypes, SafetensorsReader weights, SafetensorsReader? state) =>
        (_load, _specs, _dtypes, _weights, _state) = (load, specs, dtypes, weights, state);

    public PartLoaded Loaded => new(PartSource.Store, _load.Weights.Length + (_load.Optimizer?.Length ?? 0));

    public static async Task<StoredPartState> Read(
        IBlobStore store, PartLoad load, IReadOnlyList<ParameterSpec> specs, PartDtypes dtypes, CancellationToken cancellationToken)
    {
        var weights = await Open(load.Weights);
        try
        {
            return new StoredPartState(load, specs, dtypes, weights, load.Optimizer is null ? null : await Open(load.Optimizer));
        }
        catch
        {
            weights.Dispose();
            throw;
        }

        async Task<SafetensorsReader> Open(BlobRef blob) =>
            SafetensorsReader.FromBlob(await store.ReadAsync(blob, cancellationToken), blob.Sha256);
    }

    public Dictionary<string, Tensor> TakeWeights(Device device) =>
        PartStorage.ToWeights(_weights, _load.Weights.Sha256, _specs, _dtypes, device);

    public void RestoreTrainingState(ModelPart part)
    {
        if (_state is not null) PartStorage.RestoreTrainingState(part, _state, _load.Optimizer!.Sha256);
    }

    public void Dispose()
    {
        _weights.Dispose();
        _state?.Dispose();
    }
}
