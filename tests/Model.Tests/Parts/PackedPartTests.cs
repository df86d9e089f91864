using static TorchSharp.torch;

namespace LisaOrleans.Model.Tests;

/// <summary>Decoder layers whose weights are packed while they do not train.</summary>
public sealed class PackedPartTests
{
    public static TheoryData<string, string, bool> Families
    {
        get
        {
            var cases = new TheoryData<string, string, bool>();
            foreach (var reference in References.All)
            {
                cases.Add("int8", reference.Name, false);
                cases.Add("nf4", reference.Name, true);
            }

            return cases;
        }
    }

    // The layers share a place to unpack, and two micro-batches are on their way at one time.
    [Theory]
    [MemberData(nameof(Families))]
    public void LayerPart_packed_has_the_bits_of_a_layer_with_the_unpacked_weights(string form, string family, bool recompute)
    {
        using var scope = NewDisposeScope();
        var config = ModelConfigReader.Parse(References.All.Single(r => r.Name == family).Config, family);
        var scratch = new WeightScratch();
        using var packed = new Layers(config, TinyModel.Weights(config), recompute, Form(form), scratch);
        var unpacked = TinyModel.Weights(config);
        foreach (var parameter in packed.Parts.SelectMany(p => p.Parameters).Where(p => p.IsPacked))
            unpacked[parameter.Spec.Name] = parameter.Value.clone();
        using var whole = new Layers(config, unpacked, recompute, new WholeForm(), scratch);

        Assert.All(packed.Parts, p => Assert.Contains(p.Parameters, q => q.IsPacked));
        Assert.All(packed.Parts.SelectMany(p => p.Parameters), p => Assert.Equal(Form(form).Packs(p.Spec), p.IsPacked));
        Assert.Equal(whole.Bits(), packed.Bits());

        // The room is free between two steps, and a second one finds another.
        Assert.Equal(0, scratch.Bytes);
        Assert.Equal(whole.Bits(), packed.Bits());
    }

    [Theory]
    [InlineData("int8")]
    [InlineData("nf4")]
    public void WeightScratch_holds_one_layer_from_the_first_forward_pass_to_the_last_backward_pass(string form)
    {
        using var scope = NewDisposeScope();
        var config = TinyModel.Config();
        var scratch = new WeightScratch();
        using var layers = new Layers(config, TinyModel.Weights(config), recompute: false, Form(form), scratch);
        var (first, second) = (layers.Parts[0], layers.Parts[1]);
        Assert.Equal(0, scratch.Bytes);
        var oneLayer = config.LayerSpecs(0).Where(Form(form).Packs).Sum(s => 4 * s.Count);
        foreach (var part in (LayerPart[])[first, second])
            for (var i = 0; i < 2; i++) part.Forward(i, ones(1, 3, 16).DetachFromDisposeScope(), null, train: true, inputGradient: true).Dispose();
        for (var i = 0; i < 2; i++)
        {
            Assert.Equal(oneLayer, scratch.Bytes);
            second.Backward(i, ones(1, 3, 16), null)!.Dispose();
        }

        first.Backward(0, ones(1, 3, 16), null)!.Dispose();
        Assert.Equal(oneLayer, scratch.Bytes);

        // The other one will not come.
        first.DiscardMicroBatches();
        Assert.Equal(0, scratch.Bytes);
    }

    [Theory]
    [InlineData("int8")]
    [InlineData("nf4")]
    public void Backward_packed_layer_equals_finite_differences_of_the_unpacked_function(string form)
    {
        using var scope = NewDisposeScope();
        var config = TinyModel.Config();
        using var layer = Layer(config, form);
        var doubles = layer.Parameters.ToDictionary(p => p.Spec.Name, p => p.Value.to(ScalarType.Float64, copy: true));
        using var generator = new Generator(8);
        var x = randn([1, 5, 16], generator: generator);
        var weights = randn([1, 5, 16], generator: generator);
        layer.Forward(0, x.clone().DetachFromDisposeScope(), null, train: true, inputGradient: true);
        using var gradient = layer.Backward(0, weights, null)!;

        var direction = randn([1, 5, 16], generator: generator).to(ScalarType.Float64);
        var analytic = (gradient.to(ScalarType.Float64) * direction).sum().item<double>();
        var numeric = (At(1e-5) - At(-1e-5)) / 2e-5;
        Assert.Equal(numeric, analytic, 1e-4 * (1 + Math.Abs(numeric)));

        double At(double distance) => (WholeModel.Layer(
            config, doubles, "model.layers.0.", x.to(ScalarType.Float64) + (direction * distance)) * weights.to(ScalarType.Float64)).sum().item<double>();
    }

    [Theory]
    [InlineData("int8")]
    [InlineData("nf4")]
    public void ModelPart_that_forgot_its_exact_weights_gets_them_back_to_train(string form)
    {
        using var scope = NewDisposeScope();
        var config = TinyModel.Config();
        using var layer = Layer(config, form);
        using var other = new LayerPart(config, 0, TinyModel.Float32, TinyModel.AdamW, false, LayerWeights(config));
        var matrices = config.LayerSpecs(0).Where(Form(form).Packs).Select(s => s.Name).ToHashSet();
        var packed = config.LayerSpecs(0).Sum(s => Form(form).BytesOf(s, ScalarType.Float32));
        Assert.Equal(packed + config.LayerSpecs(0).Where(s => matrices.Contains(s.Name)).Sum(s => 4 * s.Count), layer.WeightBytes);
        layer.ForgetExactWeights();
        Assert.Equal((false, packed), (layer.HoldsExactWeights, layer.WeightBytes));
        Assert.Throws<InvalidOperationException>(() => layer.CopyWeights());
        Assert.Throws<InvalidOperationException>(layer.MakeTrainable);

        // It trains on them, and what it learned is what a layer that was never packed has learned.
        layer.TakeExactWeights(LayerWeights(config));
        foreach (var part in (LayerPart[])[layer, other])
        {
            part.MakeTrainable();
            part.Forward(0, ones(1, 3, 16).DetachFromDisposeScope(), null, train: true, inputGradient: false);
            part.Backward(0, ones(1, 3, 16), null);
            part.Apply(1e-2, 1);
            part.Freeze();
        }

        Assert.All(layer.Parameters, p => Assert.Equal(matrices.Contains(p.Spec.Name), p.IsPacked));
        Assert.Equal(Bytes(other.CopyWeights()), Bytes(layer.CopyWeights()));
    }

    private static IWeightForm Form(string name) => name == "int8" ? new Int8Form() : new Nf4Form();

    private static LayerPart Layer(ModelConfig config, string form) =>
        new(config, 0, TinyModel.Float32, TinyModel.AdamW, false, LayerWeights(config), form: Form(form));

    private static Dictionary<string, Tensor> LayerWeights(ModelConfig config)
    {
        var weights = TinyModel.Weights(config);
        return config.LayerSpecs(0).ToDictionary(s => s.Name, s => weights[s.Name]);
    }

    private static IEnumerable<string> Bytes(IReadOnlyList<NamedTensor> tensors) =>
        tensors.Select(t => Convert.ToHexString(t.Value.contiguous().bytes));

    // The decoder layers of a model, none of which trains.
    private sealed class Layers(
        ModelConfig config, Dictionary<string, Tensor> weights, bool recompute, IWeightForm form, WeightScratch scratch) : IDisposable
    {
        public LayerPart[] Parts { get; } = [.. Enumerable.Range(0, config.NumHiddenLayers).Select(i =>
            new LayerPart(config, i, TinyModel.Float32, TinyModel.AdamW, recompute, weights, form: form, scratch: scratch))];

        // Outputs and gradients of two micro-batches.
        public IEnumerable<string> Bits()
        {
            using var generator = new Generator(9);
            var (activations, gradients) = (new Tensor[2], new Tensor[2]);
            for (var i = 0; i < 2; i++)
            {
                activations[i] = randn([2, 6, config.HiddenSize], generator: generator).DetachFromDisposeScope();
                gradients[i] = randn([2, 6, config.HiddenSize], generator: generator);
            }

            foreach (var part in Parts)
                for (var i = 0; i < 2; i++) activations[i] = part.Forward(i, activations[i], null, train: true, inputGradient: true);
            foreach (var part in Parts.Reverse())
                for (var i = 0; i < 2; i++) gradients[i] = part.Backward(i, gradients[i], null)!;
            return [.. activations.Concat(gradients).Select(t => Convert.ToHexString(t.contiguous().bytes))];
        }

        public void Dispose()
        {
            foreach (var part in Parts) part.Dispose();
        }
    }
}
