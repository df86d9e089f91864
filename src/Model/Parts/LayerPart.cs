using static TorchSharp.torch;

namespace LisaOrleans.Model;

/// <summary>
/// One decoder layer. The autograd graph is cut at its input and output, so each layer runs backward by itself. A frozen
/// layer's weights are not leaves: autograd computes only the gradient of its input, and saves nothing for the weights. With
/// adapters, the weights are always frozen, and the adapters train.
/// </summary>
public sealed class LayerPart : ModelPart
{
    private readonly bool _recompute;
    private readonly DecoderLayer _layer;
    private readonly LoraPass _adapterPass;
    private readonly WeightScratch _scratch;
    private readonly Dictionary<int, SavedPass> _passes = [];

    /// <summary>Takes ownership of the weights, which are named as the family says.</summary>
    /// <param name="config">The model's shape.</param>
    /// <param name="index">The layer's number, from 0.</param>
    /// <param name="dtypes">Number formats.</param>
    /// <param name="optimizer">How the part is updated while it trains.</param>
    /// <param name="gradientCheckpointing">Keep only the input of a forward pass, and run it again before the backward pass.</param>
    /// <param name="weights">By name, those of adapters in float32 among them.</param>
    /// <param name="lora">The run's adapters; null (default) for none.</param>
    /// <param name="form">The form of its weights while they do not train; null (default) for <see cref="WholeForm"/>.</param>
    /// <param name="scratch">Where the layers on the device unpack weights; null (default) for a place of its own.</param>
    public LayerPart(
        ModelConfig config, int index, PartDtypes dtypes, IPartOptimizer optimizer, bool gradientCheckpointing,
        IReadOnlyDictionary<string, Tensor> weights, LoraOptions? lora = null, IWeightForm? form = null, WeightScratch? scratch = null)
        : base(
            config, dtypes, optimizer, config.LayerSpecs(index), weights, lora?.Specs(config, index),
            dtypes.Widens ? new WidenedForm(form ?? new WholeForm()) : form, scratch ??= new WeightScratch())
    {
        _scratch = scratch;
        _recompute = gradientCheckpointing;
        _adapterPass = new LoraPass(lora?.Seed ?? 0, lora?.Dropout ?? 0);
        var adapters = Adapters.ToDictionary(p => p.Spec.Name);
        _layer = config.Layer(index, WeightScope.Over(
            Parameters, lora?.Targets(config, index).ToDictionary(t => t.Map.Name, t => new LoraModule(t, adapters, _adapterPass))));
    }

    /// <summary>Forward pass.</summary>
    /// <param name="index">The micro-batch's number, for <see cref="Backward"/>.</param>
    /// <param name="input_BTD">[B, T, D]; the part takes ownership.</param>
    /// <param name="positions">Where its tokens stand; not owned.</param>
    /// <param name="train">Whether a backward pass will come.</param>
    /// <param name="inputGradient">Whether the gradient of the input is wanted.</param>
    /// <param name="step">The step, which decides with the micro-batch what adapters drop.</param>
    /// <returns>[B, T, D]; the caller owns it.</returns>
    public Tensor Forward(int index, Tensor input_BTD, MicroBatchPositions? positions, bool train, bool inputGradient, long step = 0)
    {
        _adapterPass.Current = train ? (step, index) : null;
        if (!train || !(Trainable || inputGradient))
        {
            using (input_BTD)
            {
                return Compute(input_BTD, positions, gradient: false);
            }
        }

        var leaf_BTD = input_BTD;
        leaf_BTD.requires_grad = inputGradient;
        if (_recompute)
        {
            _passes.Add(index, new SavedPass(leaf_BTD, null, inputGradient, step, [], _scratch.Pass()));
            return Compute(leaf_BTD, positions, gradient: false);
        }

        var output_BTD = Compute(leaf_BTD, positions, gradient: true);
        Parameter[] unpacked = [.. Parameters.Where(p => p.WasUnpacked)];
        _passes.Add(index, new SavedPass(leaf_BTD, output_BTD, inputGradient, step, unpacked, _scratch.Pass()));
        return output_BTD.detach().DetachFromDisposeScope();
    }

    /// <summary>Backward pass of a micro-batch.</summary>
    /// <param name="index">The number that its forward pass had.</param>
    /// <param name="gradient_BTD">Gradient of the output, [B, T, D]; not owned.</param>
    /// <param name="positions">As in the forward pass.</param>
    /// <returns>Gradient of the input, [B, T, D], which the caller owns; null where it was not wanted.</returns>
    public Tensor? Backward(int index, Tensor gradient_BTD, MicroBatchPositions? positions)
    {
        if (!_passes.Remove(index, out var pass)) return null;
        using (pass)
        {
            _adapterPass.Current = (pass.Step, index);
            using var output_BTD = pass.Output ?? Compute(pass.Input, positions, gradient: true);
            BeforeBackward(index);

            // Where other layers have computed since, their numbers are in the tensors that autograd is about to read.
            foreach (var parameter in pass.Unpacked) _ = parameter.Value;
            autograd.backward([output_BTD], [gradient_BTD]);
            return pass.InputGradient ? pass.Input.grad!.DetachFromDisposeScope() : null;
        }
    }

    /// <inheritdoc/>
    public override void DiscardMicroBatches()
    {
        foreach (var pass in _passes.Values) pass.Dispose();
        _passes.Clear();
    }

    /// <summary>Forward pass with cached keys and values of earlier tokens. x [B, T, D] → [B, T, D].</summary>
    internal Tensor Decode(Tensor x_BTD, KeyValueCache cache)
    {
        using var mode = no_grad();
        using var scope = NewDisposeScope();
        _adapterPass.Current = null;
        return _layer.Forward(x_BTD, SequenceContext.Plain(x_BTD.device, x_BTD.shape[1], cache)).MoveToOuterDisposeScope();
    }

    /// <summary>An empty cache for one sequence, which the caller owns.</summary>
    internal KeyValueCache NewCache(int capacity, Device device) => _layer.Attention.NewCache(1, capacity, Dtypes.Compute, device);

    private Tensor Compute(Tensor x_BTD, MicroBatchPositions? positions, bool gradient)
    {
        using var mode = set_grad_enabled(gradient);
        using var scope = NewDisposeScope();
        foreach (var parameter in Parameters) parameter.WasUnpacked = false;
        var context = positions is null
            ? SequenceContext.Plain(x_BTD.device, x_BTD.shape[1])
            : SequenceContext.Packed(x_BTD.device, positions);
        return _layer.Forward(x_BTD, context).DetachFromDisposeScope();
    }

    private sealed record SavedPass(
        Tensor Input, Tensor? Output, bool InputGradient, long Step, IReadOnlyList<Parameter> Unpacked, IDisposable InScratch) : IDisposable
    {
        public void Dispose()
        {
            Input.Dispose();
            Output?.Dispose();
            InScratch.Dispose();
        }
    }
}
