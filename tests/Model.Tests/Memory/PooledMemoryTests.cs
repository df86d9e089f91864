using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace LisaOrleans.Model.Tests;

public sealed unsafe class PooledMemoryTests
{
    private const int Megabyte = 1 << 20;

    // As sums of an embedding's rows are, which have a new size in each step.
    [Fact]
    public void Empty_memory_is_used_again_when_sizes_that_no_longer_come_have_filled_the_pool()
    {
        for (var i = 1; i <= 600; i++) PooledMemory.Empty([Megabyte + (64 * i)], ScalarType.Byte).Dispose();
        var first = PooledMemory.Empty([Megabyte], ScalarType.Byte);
        var address = TensorMemory.Address(first);
        first.Dispose();

        // What has been freed would be here now.
        var other = NativeMemory.AlignedAlloc(Megabyte, 64);
        using var second = PooledMemory.Empty([Megabyte], ScalarType.Byte);
        NativeMemory.AlignedFree(other);
        Assert.Equal(address, TensorMemory.Address(second));
    }
}
