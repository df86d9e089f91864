using static TorchSharp.torch;

namespace LisaOrleans.Model.Tests;

public sealed class SlicesTests
{
    [Theory]
    [InlineData("bfloat16", "float32")]
    [InlineData("float32", "bfloat16")]
    public void Apply_in_slices_has_the_bits_of_smaller_tensors(string compute, string state)
    {
        using var scope = NewDisposeScope();
        var dtypes = PartDtypes.Parse(compute, state);
        var optimizer = new AdamW(0.9, 0.999, 1e-8, 0.1);
        var size = Slices.Size + 5;
        var start = arange(size, dtype: ScalarType.Float32).sin().to(dtypes.Compute);
        var gradient = arange(size, dtype: ScalarType.Float32).cos().to(dtypes.Compute);
        var moment = zeros(size, dtypes.OptimizerState);
        Assert.Equal([Slices.Size, 5], Slices.Of(start, gradient, moment, moment).Select(s => s.ExpAvg.numel()));

        using var whole = Updated(0, size);
        using var first = Updated(0, Slices.Size);
        using var last = Updated(Slices.Size, 5);
        Assert.True(whole.Value.equal(cat([first.Value, last.Value])).all().item<bool>());
        Assert.True(whole.State!.Weight.equal(cat([first.State!.Weight, last.State!.Weight])).all().item<bool>());
        Assert.True(whole.State["exp_avg_sq"].equal(cat([first.State["exp_avg_sq"], last.State["exp_avg_sq"]])).all().item<bool>());

        Parameter Updated(long from, long count)
        {
            var parameter = new Parameter(
                new ParameterSpec("w", [count], Decay: true), start.narrow(0, from, count).clone().DetachFromDisposeScope(), dtypes);
            parameter.MakeTrainable(optimizer);
            OneUpdate.Apply(parameter, gradient.narrow(0, from, count), 1, 1e-2, optimizer);
            return parameter;
        }
    }

    // As in a step of several micro-batches: of an older run the chances of the tensor's last numbers follow those of its first.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Apply_with_a_float32_gradient_rounds_each_slice_by_itself_but_in_older_runs(bool inPieces)
    {
        using var mode = no_grad();
        using var scope = NewDisposeScope();
        const int Last = 1000;
        var dtypes = PartDtypes.Parse("bfloat16", "bfloat16");
        var optimizer = new AdamW(0.9, 0.999, 1e-8, 0.1, new StochasticRounding(7) { InPieces = inPieces });
        var start = arange(Slices.Size + Last, dtype: ScalarType.Float32).sin().to(ScalarType.BFloat16);
        var gradient = arange(Slices.Size + Last, dtype: ScalarType.Float32).cos();
        using var parameter = new Parameter(
            new ParameterSpec("w", start.shape, Decay: true), start.clone().DetachFromDisposeScope(), dtypes);
        parameter.MakeTrainable(optimizer);
        OneUpdate.Apply(parameter, gradient, 1, 1e-2, optimizer);

        var (weight, first, second) = (End(start).clone(), zeros(Last, ScalarType.BFloat16), zeros(Last, ScalarType.BFloat16));
        optimizer.Apply(weight, End(gradient), first, second, AdamW.StepOf(1, CPU), 1e-2, 0.1, $"w/{1}/{1}");
        var state = parameter.State!;
        Assert.Equal(inPieces, IsEndOf(state.Weight, weight));
        Assert.Equal(inPieces, IsEndOf(state["exp_avg"], first));
        Assert.Equal(inPieces, IsEndOf(state["exp_avg_sq"], second));

        static bool IsEndOf(Tensor tensor, Tensor slice) => slice.equal(End(tensor)).all().item<bool>();

        static Tensor End(Tensor tensor) => tensor.narrow(0, Slices.Size, Last);
    }

    [Fact]
    public void Of_small_or_float32_tensor_is_whole()
    {
        using var scope = NewDisposeScope();
        Assert.Single(Slices.Of(zeros(100, ScalarType.BFloat16)));
        Assert.Single(Slices.Of(zeros(Slices.Size + 1, ScalarType.Float32)));
    }
}
