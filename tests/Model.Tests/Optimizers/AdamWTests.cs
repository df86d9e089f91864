using static TorchSharp.torch;

namespace LisaOrleans.Model.Tests;

public sealed class AdamWTests
{
    [Theory]
    [InlineData("float32", "float32", 1e-6)]
    [InlineData("float32", "bfloat16", 2e-3)]
    [InlineData("bfloat16", "float32", 1e-2)]
    public void Apply_ten_updates_equal_the_formula(string dtype, string stateDtype, double tolerance)
    {
        using var scope = NewDisposeScope();
        var dtypes = PartDtypes.Parse(dtype, stateDtype);
        using var generator = new Generator(3);
        using var start = randn([40], generator: generator);
        using var parameter = new Parameter(new ParameterSpec("w", [40], Decay: true), start.to(dtypes.Compute, copy: true), dtypes);
        var optimizer = new AdamW(0.9, 0.95, 1e-8, 0.2);
        parameter.MakeTrainable(optimizer);
        var w = parameter.Value.to(ScalarType.Float64).data<double>().ToArray();
        var (m, v) = (new double[40], new double[40]);

        for (var step = 1; step <= 10; step++)
        {
            var gradient = randn([40], generator: generator).to(dtypes.Compute);
            var g = gradient.to(ScalarType.Float64).data<double>().ToArray();
            OneUpdate.Apply(parameter, gradient, step, 1e-2, optimizer);
            for (var i = 0; i < 40; i++)
            {
                // Loshchilov and Hutter, algorithm 2, with decoupled decay first as PyTorch does.
                w[i] *= 1 - (1e-2 * 0.2);
                m[i] = (0.9 * m[i]) + (0.1 * g[i]);
                v[i] = (0.95 * v[i]) + (0.05 * g[i] * g[i]);
                w[i] -= 1e-2 * (m[i] / (1 - Math.Pow(0.9, step))) / (Math.Sqrt(v[i] / (1 - Math.Pow(0.95, step))) + 1e-8);
            }
        }

        var actual = parameter.Value.to(ScalarType.Float64).data<double>().ToArray();
        for (var i = 0; i < 40; i++) Assert.Equal(w[i], actual[i], tolerance * (1 + Math.Abs(w[i])));
    }

    [Fact]
    public void Apply_float32_master_keeps_updates_that_bfloat16_would_lose()
    {
        using var scope = NewDisposeScope();
        var optimizer = new AdamW(0.9, 0.999, 1e-8, 0);
        Assert.True(Moved("float32") > 0.9 * 100 * 1e-5);
        Assert.Equal(0, Moved("bfloat16"));

        double Moved(string stateDtype)
        {
            var dtypes = PartDtypes.Parse("bfloat16", stateDtype);
            using var parameter = new Parameter(new ParameterSpec("w", [1], Decay: false), ones(1, ScalarType.BFloat16), dtypes);
            parameter.MakeTrainable(optimizer);
            for (var step = 1; step <= 100; step++)
                OneUpdate.Apply(parameter, ones(1, ScalarType.BFloat16), step, 1e-5, optimizer);
            return 1 - parameter.State!.Weight.to(ScalarType.Float64).item<double>();
        }
    }

    [Fact]
    public void Apply_decays_matrices_but_neither_norms_nor_biases()
    {
        using var scope = NewDisposeScope();
        var config = TinyModel.Config(bias: true);
        var weights = TinyModel.Weights(config);
        var before = TinyModel.Clone(weights);
        using var part = new LayerPart(config, 0, TinyModel.Float32, new AdamW(0.9, 0.999, 1e-8, 0.5), false, weights);
        part.MakeTrainable();
        foreach (var parameter in part.Parameters) parameter.Value.grad = zeros_like(parameter.Value);

        part.SquaredGradientNorm();
        part.Apply(0.1, 1);

        foreach (var parameter in part.Parameters)
        {
            var factor = parameter.Spec.Name.Contains("proj.weight", StringComparison.Ordinal) ? 0.95 : 1;
            Assert.True(parameter.Value.detach().allclose(before[parameter.Spec.Name] * factor), parameter.Spec.Name);
        }
    }

    [Fact]
    public void MakeTrainable_allocates_fresh_state_and_Freeze_frees_it()
    {
        using var scope = NewDisposeScope();
        var config = TinyModel.Config();
        using var chain = new PartChain(config, TinyModel.Float32, TinyModel.AdamW, TinyModel.Weights(config));
        foreach (var part in chain.Parts) part.MakeTrainable();
        var layer = chain.Layers[1];
        var count = layer.Parameters.Sum(p => p.Spec.Count);
        Step();
        Assert.Equal((2 * 4 * count, 1), (layer.OptimizerBytes, layer.StateStep));

        layer.Freeze();
        Assert.Equal((0, 0, 0), (layer.OptimizerBytes, layer.GradientBytes, layer.StateStep));

        layer.MakeTrainable();
        Assert.All(layer.Parameters, p => Assert.Equal(0, p.State!["exp_avg"].abs().sum().item<float>()));

        void Step()
        {
            chain.Train(0, TinyModel.Ids(config, 8, 1), TinyModel.Ids(config, 8, 2), 1, 1);
            foreach (var part in chain.Parts) part.SquaredGradientNorm();
            foreach (var part in chain.Parts) part.Apply(1e-3, 1);
        }
    }

    [Fact]
    public void RestoreTrainingState_continues_bit_for_bit()
    {
        using var scope = NewDisposeScope();
        var config = TinyModel.Config(tied: true);
        using var straight = Trained(steps: 6);
        using var first = Trained(steps: 3);
        using var second = new PartChain(config, TinyModel.Float32, TinyModel.AdamW, TinyModel.Weights(config, seed: 99));
        foreach (var (from, to) in first.Parts.Zip(second.Parts))
        {
            var state = from.CopyTrainingState().ToDictionary(t => t.Name, t => t.Value);
            to.RestoreTrainingState(state, from.StateStep);
        }

        Train(second, 3, 6);
        foreach (var (a, b) in straight.Parts.Zip(second.Parts))
            foreach (var (x, y) in a.CopyWeights().Zip(b.CopyWeights()))
                Assert.True(x.Value.bytes.SequenceEqual(y.Value.bytes), x.Name);

        PartChain Trained(int steps)
        {
            var chain = new PartChain(config, TinyModel.Float32, TinyModel.AdamW, TinyModel.Weights(config));
            foreach (var part in chain.Parts) part.MakeTrainable();
            Train(chain, 0, steps);
            return chain;
        }

        void Train(PartChain chain, int from, int to)
        {
            for (var step = from; step < to; step++)
            {
                for (var i = 0; i < 2; i++)
                    chain.Train(i, TinyModel.Ids(config, 8, (step * 4) + i), TinyModel.Ids(config, 8, (step * 4) + i + 2), 1, 0.1);
                foreach (var part in chain.Parts) part.SquaredGradientNorm();
                foreach (var part in chain.Parts) part.Apply(1e-2, 0.5);
            }
        }
    }
}
