using static TorchSharp.torch;

namespace LisaOrleans.Model.Tests;

/// <summary>By itself, as it counts the tensors of the process.</summary>
[CollectionDefinition(nameof(UnpackingTests), DisableParallelization = true)]
[Collection(nameof(UnpackingTests))]
public sealed class UnpackingTests
{
    // TorchSharp keeps no tensor alive for libtorch: of one that nothing else holds, a collection frees the handle while libtorch uses it,
    // which ends the process. What is held until it is disposed of is not there afterwards, and what is not stays for a collection.
    [Fact]
    public void Unpack_leaves_no_tensor_to_the_garbage_collector()
    {
        using var generator = new Generator(1);
        using var numbers = randn([64, 4096], generator: generator);
        using var exact = numbers.to(ScalarType.BFloat16);
        using var target = zeros([64, 4096]);
        using var weight = new WidenedWeight(exact);

        // Those of other tests, which would be freed meanwhile.
        GC.Collect();
        GC.WaitForPendingFinalizers();
        var tensors = Tensor.TotalCount;
        for (var i = 0; i < 100; i++) weight.Unpack(target);
        Assert.Equal(tensors, Tensor.TotalCount);

        using var same = target.eq(exact).all();
        Assert.True(same.item<bool>());
    }
}
