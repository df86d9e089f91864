using static TorchSharp.torch;

namespace LisaOrleans.Model;

/// <summary>
/// What is kept for one parameter while it trains: a float32 master where the computed weight has fewer bits, and the tensors
/// of the run's optimizer. In a checkpoint they are <c>NAME.master</c>, then <c>NAME.</c> with the optimizer's names. Owns its
/// tensors, not the parameter's.
/// </summary>
public sealed class OptimizerState : IDisposable
{
    private readonly ParameterSpec _parameter;
    private readonly Tensor _value;
    private readonly Tensor? _master;
    private readonly (string Name, Tensor Value)[] _tensors;

    internal OptimizerState(ParameterSpec parameter, Tensor value, PartDtypes dtypes, IPartOptimizer optimizer)
    {
        (_parameter, _value) = (parameter, value);
        using var _ = no_grad();
        _master = dtypes.SeparateMaster ? value.to(ScalarType.Float32).DetachFromDisposeScope() : null;
        _tensors = [.. optimizer.StateTensors(parameter, dtypes)
            .Select(t => (t.Name, zeros([.. t.Shape], t.DType, value.device).DetachFromDisposeScope()))];
    }

    /// <summary>What the update is applied to: the float32 master, or the computed weight where that is the master.</summary>
    public Tensor Weight => _master ?? _value;

    internal long Bytes => Size(_master) + _tensors.Sum(t => Size(t.Value));

    /// <summary>One of the tensors that the optimizer named.</summary>
    /// <exception cref="ArgumentException">It named no such tensor.</exception>
    public Tensor this[string name] => Array.Find(_tensors, t => t.Name == name).Value
        ?? throw new ArgumentException($"the optimizer keeps no '{name}' for {_parameter.Name}", nameof(name));

    /// <summary>The name in a checkpoint of the tensor that holds a parameter's weight while it trains.</summary>
    public static string MasterName(ParameterSpec parameter) => Named(parameter, "master");

    /// <summary>The tensors that a checkpoint holds for parameters that train, in the checkpoint's order.</summary>
    public static IReadOnlyList<TensorSpec> Specs(IReadOnlyList<ParameterSpec> parameters, PartDtypes dtypes, IPartOptimizer optimizer) =>
    [
        .. parameters.SelectMany(p => optimizer.StateTensors(p, dtypes)
            .Select(t => t with { Name = Named(p, t.Name) })
            .Prepend(new TensorSpec(MasterName(p), p.Shape, dtypes.SeparateMaster ? ScalarType.Float32 : dtypes.Compute))),
    ];

    /// <summary>Bytes that training adds to a parameter's weight and gradient: a separate master, and the optimizer's tensors.</summary>
    /// <exception cref="OverflowException">The number does not fit 64 bits.</exception>
    public static long BytesOf(ParameterSpec parameter, PartDtypes dtypes, IPartOptimizer optimizer)
    {
        checked
        {
            return MomentBytesOf(parameter, dtypes, optimizer)
                + (dtypes.SeparateMaster ? parameter.Count * ScalarType.Float32.ElementSize() : 0);
        }
    }

    /// <summary>Bytes of the optimizer's tensors alone.</summary>
    /// <exception cref="OverflowException">The number does not fit 64 bits.</exception>
    public static long MomentBytesOf(ParameterSpec parameter, PartDtypes dtypes, IPartOptimizer optimizer) =>
        checked(optimizer.StateTensors(parameter, dtypes).Sum(t => t.Count * t.DType.ElementSize()));

    /// <inheritdoc/>
    public void Dispose()
    {
        _master?.Dispose();
        foreach (var (_, tensor) in _tensors) tensor.Dispose();
    }

    /// <summary>The tensors for a checkpoint, in its order; this state still owns them.</summary>
    internal IEnumerable<NamedTensor> Tensors() => _tensors
        .Select(t => new NamedTensor(Named(_parameter, t.Name), t.Value))
        .Prepend(new NamedTensor(MasterName(_parameter), Weight));

    /// <summary>The tensors of the optimizer alone, as <see cref="Tensors"/> has them.</summary>
    internal IEnumerable<NamedTensor> Moments() => Tensors().Skip(1);

    /// <summary>Takes over the numbers of <see cref="Moments"/>; the weight stays.</summary>
    internal void RestoreMoments(IReadOnlyDictionary<string, Tensor> tensors)
    {
        foreach (var (name, tensor) in Moments()) tensor.copy_(tensors[name]);
    }

    /// <summary>Takes over the numbers of a checkpoint's tensors, and rounds the master into the computed weight.</summary>
    internal void Restore(IReadOnlyDictionary<string, Tensor> tensors)
    {
        foreach (var (name, tensor) in Tensors()) tensor.copy_(tensors[name]);
        RoundMaster();
    }

    /// <summary>Rounds the master into the computed weight, where there are two.</summary>
    internal void RoundMaster()
    {
        if (_master is not null) _value.copy_(_master);
    }

    /// <summary>The same by chance, where the computed weight is bfloat16.</summary>
    internal void RoundMaster(StochasticRounding rounding, FormattableString purpose)
    {
        if (_master is not null && _value.dtype == ScalarType.BFloat16) rounding.RoundInto(_value, _master, purpose);
    }

    private static string Named(ParameterSpec parameter, string tensor) => $"{parameter.Name}.{tensor}";

    private static long Size(Tensor? tensor) => tensor is null ? 0 : tensor.numel() * tensor.element_size();
}
