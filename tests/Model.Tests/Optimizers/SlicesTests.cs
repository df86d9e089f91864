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

    [Fact]
    public void Of_small_or_float32_tensor_is_whole()
    {
        using var scope = NewDisposeScope();
        Assert.Single(Slices.Of(zeros(100, ScalarType.BFloat16)));
        Assert.Single(Slices.Of(zeros(Slices.Size + 1, ScalarType.Float32)));
    }
}
