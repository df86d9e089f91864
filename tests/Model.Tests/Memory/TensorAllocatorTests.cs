using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace LisaOrleans.Model.Tests;

/// <summary>It is reached by the C++ names and layout of libtorch: these tests fail when a newer one has others.</summary>
[CollectionDefinition(nameof(TensorAllocatorTests), DisableParallelization = true)]
[Collection(nameof(TensorAllocatorTests))]
public sealed class TensorAllocatorTests
{
    // Less than what gets pages of its own.
    private const long Bytes = 96 << 10;

    public TensorAllocatorTests()
    {
        Assert.SkipUnless(
            OperatingSystem.IsLinux() && RuntimeInformation.ProcessArchitecture == Architecture.X64
                && NativeLibrary.TryLoad("libc.so.6", out _),
            "it is for glibc on x64");
        Assert.True(TensorAllocator.Use());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(17)]
    [InlineData(4096)]
    [InlineData(1 << 20)]
    [InlineData((32 << 20) - 1)]
    [InlineData(32 << 20)]
    [InlineData((32 << 20) + 1)]
    public void Use_tensors_of_any_size_begin_at_multiples_of_64_and_hold_what_is_written(int bytes)
    {
        using var scope = NewDisposeScope();
        var tensors = Enumerable.Range(0, 5).Select(i => full([bytes], i, ScalarType.Byte)).ToArray();
        Assert.All(tensors, t => Assert.Equal(0, TensorMemory.Address(t) % MappedMemory.Alignment));
        for (var i = 0; i < tensors.Length; i++) Assert.True(tensors[i].eq(i).all().item<bool>());
    }

    [Fact]
    public void Use_nothing_and_more_than_there_is_are_left_to_libtorch()
    {
        using var nothing = empty([0]);
        Assert.Equal(0, nothing.numel());
        var error = Assert.ThrowsAny<Exception>(() => empty([1L << 50]));
        Assert.Contains("DefaultCPUAllocator: can't allocate memory", error.Message, StringComparison.Ordinal);
    }

    // Beside each tensor there are small objects, as libtorch makes them for every operator.
    [Fact]
    public void Use_hole_of_a_tensor_holds_the_next_of_its_size()
    {
        using var scope = NewDisposeScope();
        var tensors = Enumerable.Range(0, 40).Select(_ => Tensor()).ToArray();
        var holes = tensors.Where((_, i) => i % 2 == 0).Select(TensorMemory.Address).ToArray();
        for (var i = 0; i < tensors.Length; i += 2) tensors[i].Dispose();
        var again = holes.Select(_ => TensorMemory.Address(Tensor())).ToArray();
        Assert.InRange(again.Count(a => holes.Any(h => Math.Abs(a - h) < Bytes / 2)), 17, holes.Length);

        static Tensor Tensor()
        {
            var tensor = empty([Bytes], ScalarType.Byte);
            for (var i = 0; i < 20; i++) _ = empty([1]);
            return tensor;
        }
    }
}
