using static TorchSharp.torch;

namespace LisaOrleans.Model;

/// <summary>
/// AdamW's state for one parameter: float32 master (where the computed weight has fewer bits) and both moments. Exists
/// exactly while its parameter trains. Owns its tensors, not the parameter's.
/// </summary>
internal sealed class AdamWState : IDisposable
{
    private readonly Tensor _value;

    public AdamWState(Tensor value, PartDtypes dtypes)
    {
        _value = value;
        using var _ = no_grad();
        Master = dtypes.SeparateMaster ? value.to(ScalarType.Float32).DetachFromDisposeScope() : null;
        ExpAvg = zeros(value.shape, dtypes.OptimizerState, value.device).DetachFromDisposeScope();
        ExpAvgSq = zeros(value.shape, dtypes.OptimizerState, value.device).DetachFromDisposeScope();
    }

    /// <summary>Float32 weights, or null where the computed weight is the master.</summary>
    public Tensor? Master { get; }

    /// <summary>What the update is applied to.</summary>
    public Tensor Weight => Master ?? _value;

    public Tensor ExpAvg { get; }

    public Tensor ExpAvgSq { get; }

    public long Bytes => Size(Master) + Size(ExpAvg) + Size(ExpAvgSq);

    private static long Size(Tensor? tensor) => tensor is null ? 0 : tensor.numel() * tensor.element_size();

    public void Dispose()
    {
        Master?.Dispose();
        ExpAvg.Dispose();
        ExpAvgSq.Dispose();
    }
}
