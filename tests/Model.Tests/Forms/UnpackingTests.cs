using static TorchSharp.torch;

namespace LisaOrleans.Model.Tests;

/// <summary>By itself, as formulas in other tests write numbers as TorchSharp takes them, which does not hold them.</summary>
[CollectionDefinition(nameof(UnpackingTests), DisableParallelization = true)]
[Collection(nameof(UnpackingTests))]
public sealed class UnpackingTests
{
    // TorchSharp keeps no tensor alive for libtorch: of one that nothing else holds, a collection frees the handle while libtorch uses it.
    // Once the code is optimised this soon ends the process.
    [Fact]
    public void Unpack_beside_garbage_collections_writes_into_memory_that_is_held()
    {
        using var generator = new Generator(1);
        using var numbers = randn([64, 4096], generator: generator);
        using var exact = numbers.to(ScalarType.BFloat16);
        using var target = zeros([64, 4096]);
        using var weight = new WidenedWeight(exact);
        var done = false;
        var collecting = new Thread(() =>
        {
            while (!Volatile.Read(ref done)) GC.Collect(0);
        });
        collecting.Start();
        try
        {
            for (var i = 0; i < 8_000; i++) weight.Unpack(target);
        }
        finally
        {
            Volatile.Write(ref done, true);
            collecting.Join();
        }

        using var same = target.eq(exact).all();
        Assert.True(same.item<bool>());
    }
}
