using static TorchSharp.torch;

namespace LisaOrleans.Model.Tests;

/// <summary>Adapters against the published formulas in float64, and their gradients against finite differences of those.</summary>
public sealed class LoraGradientTests
{
    [Theory]
    [InlineData("lora")]
    [InlineData("rslora")]
    [InlineData("dora")]
    public void TakeGradient_each_adapter_equals_finite_differences(string kind)
    {
        using var scope = NewDisposeScope();
        var config = TinyModel.Config(tied: true, bias: true, layers: 2);
        var lora = LoraReference.Options(kind);
        var (weights, adapters) = (TinyModel.Weights(config), LoraReference.Adapters(config, lora));
        var (copies, adapterCopies) = (TinyModel.Clone(weights), TinyModel.Clone(adapters));
        var lengths = LoraReference.Lengths(copies, adapterCopies);
        var ids = TinyModel.Ids(config, 10, 3);
        var labels = TinyModel.Ids(config, 10, 4);

        using var chain = new PartChain(config, TinyModel.Float32, TinyModel.AdamW, weights.Concat(adapters).ToDictionary(), lora: lora);
        foreach (var layer in chain.Layers) layer.MakeTrainable();
        var loss = chain.Train(0, ids, labels, rows: 1, scale: 0.1);

        Assert.Equal(LossAt(adapterCopies), loss * 0.1, 1e-5);
        foreach (var layer in chain.Layers)
        {
            Assert.All(layer.Parameters, p => Assert.Null(p.TakeGradient(out _)));
            Assert.Equal(lora.Specs(config, 0).Count, layer.Adapters.Count);
            foreach (var parameter in layer.Adapters) Assert.NotEqual(0, FiniteDifference.Check(parameter, LossMoved));
        }

        double LossMoved(string name, Tensor direction, double distance)
        {
            using var inner = NewDisposeScope();
            var start = adapterCopies[name].to(ScalarType.Float64);
            return LossAt(new Dictionary<string, Tensor>(adapterCopies) { [name] = start + (direction.view(start.shape) * distance) });
        }

        double LossAt(Dictionary<string, Tensor> moved)
        {
            using var inner = NewDisposeScope();
            var ids_BT = tensor(Array.ConvertAll(ids, i => (long)i), 1, 10);
            var logits = WholeModel.Logits(config, LoraReference.Merged(config, kind, copies, moved, lengths), ids_BT).view(10, -1);
            var targets = tensor(Array.ConvertAll(labels, i => (long)i)).unsqueeze(1);
            return nn.functional.log_softmax(logits, -1).gather(1, targets).sum().item<double>() * -0.1;
        }
    }

    // Fused maps, transposed matrices, experts beside adapted attention.
    [Theory]
    [InlineData("phi3", "all-linear", "lora")]
    [InlineData("phi3", "", "dora")]
    [InlineData("gpt2", "all-linear", "lora")]
    [InlineData("gpt2", "", "dora")]
    [InlineData("mixtral", "q_proj,o_proj", "rslora")]
    [InlineData("gpt_oss", "", "lora")]
    [InlineData("gemma3_text", "self_attn.k_proj,down_proj", "dora")]
    public void Logits_each_kind_of_family_equals_the_model_with_the_adapters_in_it(string family, string targets, string kind)
    {
        using var scope = NewDisposeScope();
        var config = ConfigOf(family);
        var lora = LoraReference.Options(kind) with { TargetModules = targets.Split(',', StringSplitOptions.RemoveEmptyEntries) };
        Assert.Null(lora.WrongTargets(config));
        var (weights, adapters) = (TinyModel.Weights(config), LoraReference.Adapters(config, lora));
        var merged = LoraReference.Merged(config, kind, weights, adapters).ToDictionary(w => w.Key, w => w.Value.to(ScalarType.Float32, copy: true));
        int[] ids = TinyModel.Ids(config, 12, 3);

        using var adapted = new CausalLanguageModel(
            config, TinyModel.Float32, TinyModel.Clone(weights).Concat(TinyModel.Clone(adapters)).ToDictionary(), lora);
        using var whole = new CausalLanguageModel(config, TinyModel.Float32, merged);
        using var plain = new CausalLanguageModel(config, TinyModel.Float32, TinyModel.Clone(weights));
        var (expected, actual, without) = (whole.Logits(ids), adapted.Logits(ids), plain.Logits(ids));
        var size = expected.abs().max().item<float>();
        Assert.True((expected - actual).abs().max().item<float>() < 1e-4 * (1 + size), "the adapters do something else");
        Assert.True((without - actual).abs().max().item<float>() > 1e-2, "the adapters do nothing");
    }

    [Fact]
    public void Forward_dropout_is_that_of_step_and_micro_batch_and_not_of_chance()
    {
        using var scope = NewDisposeScope();
        var config = TinyModel.Config();
        var lora = LoraReference.Options("lora") with { Dropout = 0.3, Seed = 9 };
        var losses = new Dictionary<(bool Recompute, int Index, long Step, int Run), double>();
        var norms = new Dictionary<(bool Recompute, int Index, long Step, int Run), double>();
        foreach (var recompute in (bool[])[false, true])
        {
            foreach (var (index, step, run) in ((int, long, int)[])[(0, 1, 0), (0, 1, 1), (1, 1, 0), (0, 2, 0)])
            {
                using var chain = new PartChain(
                    config, TinyModel.Float32, TinyModel.AdamW, TinyModel.Weights(config).Concat(LoraReference.Adapters(config, lora)).ToDictionary(),
                    recompute, lora);
                foreach (var layer in chain.Layers) layer.MakeTrainable();
                losses[(recompute, index, step, run)] = chain.Train(
                    index, TinyModel.Ids(config, 12, 5), TinyModel.Ids(config, 12, 6), 1, 0.1, step: step);
                norms[(recompute, index, step, run)] = chain.Layers[0].SquaredGradientNorm();
            }
        }

        Assert.Equal(losses[(false, 0, 1, 0)], losses[(false, 0, 1, 1)]);
        Assert.All(losses.Keys, k => Assert.Equal((losses[k], norms[k]), (losses[k with { Recompute = true }], norms[k with { Recompute = true }])));
        Assert.Equal(3, losses.Where(l => l.Key is { Recompute: false, Run: 0 }).Select(l => l.Value).Distinct().Count());
    }

    // Autograd keeps what it needs; all else is free before the next map begins.
    [Theory]
    [InlineData("lora", 0)]
    [InlineData("lora", 0.5)]
    [InlineData("dora", 0.5)]
    public void Forward_leaves_only_its_result_to_the_scope_of_the_layer(string kind, double dropout)
    {
        using var scope = NewDisposeScope();
        var lora = LoraReference.Options(kind);
        var target = lora.Targets(TinyModel.Config(), 0)[0];
        var adapters = LoraReference.Adapters(TinyModel.Config(), lora);
        var parameters = target.Specs.ToDictionary(s => s.Name, s => new Parameter(s, adapters[s.Name], TinyModel.Float32));
        foreach (var parameter in parameters.Values) parameter.MakeTrainable(TinyModel.AdamW);
        var module = new LoraModule(target, parameters, new LoraPass(1, dropout) { Current = (1, 0) });
        var (x, y, weight) = (ones(3, 16, ScalarType.BFloat16), ones(3, 16, ScalarType.BFloat16), ones(16, 16, ScalarType.BFloat16));
        using (var layer = NewDisposeScope())
        {
            module.Forward(x, y, weight, null).sum().backward();
            Assert.Equal(2, layer.DisposablesCount);
        }

        Assert.All(parameters.Values, p => Assert.NotNull(p.Value.grad));
        foreach (var parameter in parameters.Values) parameter.Dispose();
    }

    // In whatever layout, as sums of squares depend on it.
    [Theory]
    [InlineData("float32", false)]
    [InlineData("float32", true)]
    [InlineData("bfloat16", false)]
    [InlineData("bfloat16", true)]
    public void LoraWeights_have_the_bits_of_their_formulas(string dtype, bool transposed)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(3);
        var weight = Random(transposed ? [700, 300] : [300, 700]).to(PartDtypes.Parse(dtype, "float32").Compute);
        if (transposed) weight = weight.t();
        var (a, b, magnitude) = (Random(5, 700), Random(300, 5), Random(300));
        var before = weight.clone();
        var sum = weight.to(ScalarType.Float32).Plus(b.matmul(a).Times(0.3));
        var length = sum.square().sum(1).sqrt();
        Assert.True(LoraWeights.Length(weight, a, b, 0.3).equal(length).all().item<bool>());
        Assert.True(LoraWeights.Merged(weight, a, b, null, 0.3).equal(sum).all().item<bool>());
        Assert.True(LoraWeights.Merged(weight, a, b, magnitude, 0.3).equal(sum * (magnitude / length).unsqueeze(1)).all().item<bool>());
        Assert.True(weight.equal(before).all().item<bool>());

        Tensor Random(params long[] shape) => randn(shape, generator: generator);
    }

    [Fact]
    public void Drop_has_the_bits_of_its_formula()
    {
        using var scope = NewDisposeScope();
        foreach (var dtype in (ScalarType[])[ScalarType.Float32, ScalarType.BFloat16])
        {
            var x = arange(1000, dtype: ScalarType.Float32).sin().to(dtype);
            var pass = new LoraPass(9, 0.3) { Current = (4, 1) };
            var dropped = pass.Drop(x, "m");
            Assert.InRange(dropped.eq(tensor(0f)).sum().item<long>(), 250, 350);
            var kept = dropped.ne(tensor(0f)).to(ScalarType.Float32);
            Assert.True(dropped.equal(x * kept.to(dtype).Times(1 / (1 - 0.3))).all().item<bool>());
        }
    }

    [Fact]
    public void Apply_changes_adapters_only_and_keeps_state_of_nothing_else()
    {
        using var scope = NewDisposeScope();
        var config = TinyModel.Config();
        var lora = LoraReference.Options("dora") with { LayersToTransform = [1] };
        using var chain = new PartChain(
            config, TinyModel.Float32, TinyModel.AdamW, TinyModel.Weights(config).Concat(LoraReference.Adapters(config, lora)).ToDictionary(), lora: lora);
        var before = chain.Parts.SelectMany(p => p.CopyWeights()).ToDictionary(t => t.Name, t => t.Value);
        var adapters = chain.Layers[1].CopyAdapters().ToDictionary(t => t.Name, t => t.Value);
        chain.Layers[1].MakeTrainable();
        chain.Train(0, TinyModel.Ids(config, 12, 5), TinyModel.Ids(config, 12, 6), 1, 0.1);
        chain.Layers[1].Apply(0.01, 1);

        Assert.Equal(chain.Layers[1].Adapters.Sum(p => 8 * p.Spec.Count), chain.Layers[1].OptimizerBytes);
        Assert.All(chain.Parts.SelectMany(p => p.CopyWeights()), t => Assert.True(t.Value.equal(before[t.Name]).all().item<bool>(), t.Name));
        Assert.All(chain.Layers[1].CopyAdapters(), t => Assert.False(t.Value.equal(adapters[t.Name]).all().item<bool>(), t.Name));
        Assert.All([chain.Layers[0], chain.Layers[2]], l => Assert.Empty(l.Adapters));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Apply_without_gradients_decays_matrices_and_where_told_so_magnitudes(bool decays)
    {
        using var scope = NewDisposeScope();
        var config = TinyModel.Config();
        var lora = LoraReference.Options("dora") with { DecaysMagnitudes = decays };
        var optimizer = TinyModel.AdamW with { WeightDecay = 0.5 };
        using var chain = new PartChain(
            config, TinyModel.Float32, optimizer,
            TinyModel.Weights(config).Concat(LoraReference.Adapters(config, lora)).ToDictionary(), lora: lora);
        foreach (var parameter in chain.Layers[0].Adapters)
        {
            parameter.MakeTrainable(optimizer);
            var before = parameter.Value.detach().clone();
            OneUpdate.Apply(parameter, zeros_like(before), 1, 0.1, optimizer);
            var factor = (parameter.Value.detach() / before).mean().item<float>();
            Assert.Equal(decays || before.dim() == 2 ? 0.95 : 1, factor, 1e-5);
        }
    }

    [Theory]
    [InlineData("q_prj", "names 'q_prj'", "q_proj")]
    [InlineData("all-linear,q_proj", "all-linear stands alone", "")]
    [InlineData("lm_head", "names 'lm_head'", "q_proj")]
    public void WrongTargets_says_what_would_be_right(string targets, string problem, string right)
    {
        var wrong = new LoraOptions { TargetModules = targets.Split(',') }.WrongTargets(TinyModel.Config());
        Assert.Contains(problem, wrong, StringComparison.Ordinal);
        Assert.Contains(right, wrong, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("mixtral", "all-linear", "model.layers.0.block_sparse_moe.gate")]
    [InlineData("mixtral", "w1", "model.layers.0.block_sparse_moe.experts.0.w1")]
    [InlineData("qwen3_moe", "down_proj", ".experts.0.down_proj")]
    [InlineData("gpt_oss", "router", "model.layers.0.mlp.router")]
    public void WrongTargets_maps_of_experts_are_refused_by_name(string family, string target, string named)
    {
        var config = ConfigOf(family);
        Assert.Contains(named, new LoraOptions { TargetModules = [target] }.WrongTargets(config), StringComparison.Ordinal);
        Assert.Null(new LoraOptions().WrongTargets(config));
    }

    private static ModelConfig ConfigOf(string family) =>
        References.All.Select(r => ModelConfigReader.Parse(r.Config, r.Name)).First(c => c.ModelType == family);
}
