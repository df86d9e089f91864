// Shapes: B batch, T sequence, D model width, H heads, K head width, V vocabulary.
using LisaOrleans.Data;
using LisaOrleans.Model;
using LisaOrleans.Training;
using TorchSharp.Modules;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;
using Parameter = TorchSharp.Modules.Parameter;

namespace LisaOrleans.Bench;

/// <summary>
/// What one would write without this project: one module, ordinary autograd, TorchSharp's AdamW and gradient clipping,
/// requires_grad switched at each period as LMFlow does. The same samples, layers and schedule as the grain run.
/// </summary>
internal sealed class PlainTrainer : IDisposable
{
    private readonly Llama _config;
    private readonly TrainingSpec _spec;
    private readonly Dictionary<string, Parameter> _weights;
    private readonly Embedding _embedding;
    private readonly MicroBatchBuilder _builder;
    private readonly BatchPlan _batches;
    private readonly LearningRateSchedule _learningRate;
    private readonly Tensor _cos_TK;
    private readonly Tensor _sin_TK;
    private readonly optim.Optimizer _ends;
    private optim.Optimizer? _layers;

    public PlainTrainer(string folder, TokenizedDataset data, TrainingSpec spec)
    {
        using var files = ModelFolder.Open(folder);
        (_config, _spec) = ((Llama)files.Config, spec);
        _weights = _config.AllSpecs().ToDictionary(s => s.Name, s =>
            new Parameter(files.Read(s.Name, ScalarType.Float32), requires_grad: false));
        _embedding = nn.Embedding_from_pretrained(_weights["model.embed_tokens.weight"], freeze: false);
        _weights["model.embed_tokens.weight"] = _embedding.weight!;
        _builder = new MicroBatchBuilder(data, null, spec.PadTokenId);
        _batches = new BatchPlan(
            data.Count, spec.PerDeviceTrainBatchSize, spec.GradientAccumulationSteps, spec.Seed, spec.MaxSteps, spec.NumTrainEpochs);
        _learningRate = new LearningRateSchedule(spec.LrSchedulerType, spec.LearningRate, 0, _batches.TotalSteps);
        using var scope = NewDisposeScope();
        var frequency = pow(_config.Rope.Theta, arange(0, _config.HeadDim, 2, ScalarType.Float32) / -_config.HeadDim);
        var angle = outer(arange(0, spec.BlockSize, ScalarType.Float32), frequency);
        _cos_TK = cat([angle.cos(), angle.cos()], -1).DetachFromDisposeScope();
        _sin_TK = cat([angle.sin(), angle.sin()], -1).DetachFromDisposeScope();
        _ends = Optimizer(_weights.Where(w => !w.Key.StartsWith("model.layers.", StringComparison.Ordinal)).Select(w => w.Value));
    }

    /// <summary>One optimizer step (from 1); returns the mean loss.</summary>
    public double Step(long step)
    {
        if ((step - 1) % _spec.LisaIntervalSteps == 0) BeginPeriod(Methods.PeriodOf(_spec, step));
        var batches = _batches.MicroBatches(step).Select(b => _builder.Build(b)).ToArray();
        var labels = batches.Sum(b => b.LabelCount);
        var total = 0.0;
        foreach (var batch in batches)
        {
            using var scope = NewDisposeScope();
            var loss = Loss(batch) / labels;
            loss.backward();
            total += loss.item<float>();
        }

        var trained = _weights.Values.Where(w => w.requires_grad).ToArray();
        nn.utils.clip_grad_norm_(trained, _spec.MaxGradNorm);
        foreach (var optimizer in new[] { _ends, _layers! })
        {
            foreach (var group in optimizer.ParamGroups) group.LearningRate = _learningRate.At(step);
            optimizer.step();
            optimizer.zero_grad();
        }

        return total;
    }

    public void Dispose()
    {
        _layers?.Dispose();
        _ends.Dispose();
        _embedding.Dispose();
        foreach (var weight in _weights.Values) weight.Dispose();
        _cos_TK.Dispose();
        _sin_TK.Dispose();
    }

    private void BeginPeriod(long period)
    {
        foreach (var (name, weight) in _weights)
            if (name.StartsWith("model.layers.", StringComparison.Ordinal)) weight.requires_grad_(false);
        _layers?.Dispose();
        var prefixes = new RunSchedule(_spec, _config).Plan(period)!.Layers.Select(i => $"model.layers.{i}.").ToArray();
        _layers = Optimizer(_weights.Where(w => prefixes.Any(p => w.Key.StartsWith(p, StringComparison.Ordinal))).Select(w => w.Value));
    }

    private optim.Optimizer Optimizer(IEnumerable<Parameter> weights) => optim.AdamW(
        [.. weights.Select(w =>
        {
            w.requires_grad_(true);
            return w;
        })],
        _spec.LearningRate, _spec.AdamBeta1, _spec.AdamBeta2, _spec.AdamEpsilon, _spec.WeightDecay);

    private Tensor Loss(MicroBatch batch)
    {
        var ids_BT = tensor(Array.ConvertAll(batch.InputIds, i => (long)i), batch.BatchSize, batch.SequenceLength);
        var labels = tensor(Array.ConvertAll(batch.Labels, i => (long)i));
        var x = _embedding.forward(ids_BT);
        for (var i = 0; i < _config.NumHiddenLayers; i++) x = Layer($"model.layers.{i}.", x);
        var logits = F.linear(Norm(x, "model.norm.weight"), _weights["lm_head.weight"]);
        return F.cross_entropy(logits.view(-1, _config.VocabSize), labels, ignore_index: MicroBatch.IgnoreIndex, reduction: nn.Reduction.Sum);
    }

    private Tensor Layer(string prefix, Tensor x_BTD)
    {
        var (b, t) = (x_BTD.shape[0], x_BTD.shape[1]);
        var h = Norm(x_BTD, prefix + "input_layernorm.weight");
        var (q, k, v) = (Rotate(Heads("q")), Rotate(Heads("k")), Heads("v"));
        var attended = F.scaled_dot_product_attention(q, k, v, is_casual: true).transpose(1, 2).reshape(b, t, -1);
        var y = x_BTD + F.linear(attended, _weights[prefix + "self_attn.o_proj.weight"]);
        var n = Norm(y, prefix + "post_attention_layernorm.weight");
        var gate = F.silu(F.linear(n, _weights[prefix + "mlp.gate_proj.weight"]));
        return y + F.linear(gate * F.linear(n, _weights[prefix + "mlp.up_proj.weight"]), _weights[prefix + "mlp.down_proj.weight"]);

        Tensor Heads(string name) =>
            F.linear(h, _weights[$"{prefix}self_attn.{name}_proj.weight"]).view(b, t, -1, _config.HeadDim).transpose(1, 2);
    }

    private Tensor Norm(Tensor x, string weight) =>
        x * rsqrt(x.pow(2).mean([-1], keepdim: true) + _config.RmsNormEps) * _weights[weight];

    private Tensor Rotate(Tensor x_BHTK)
    {
        var half = _config.HeadDim / 2;
        var t = x_BHTK.shape[2];
        var turned = cat([-x_BHTK.narrow(-1, half, half), x_BHTK.narrow(-1, 0, half)], -1);
        return (x_BHTK * _cos_TK.narrow(0, 0, t)) + (turned * _sin_TK.narrow(0, 0, t));
    }
}
