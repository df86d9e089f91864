using static TorchSharp.torch;

namespace LisaOrleans.Model.Tests;

public sealed class TensorMemoryTests
{
    [Theory]
    [InlineData(ScalarType.Float32)]
    [InlineData(ScalarType.BFloat16)]
    [InlineData(ScalarType.Float16)]
    public void Address_and_Copy_see_the_bytes_of_the_tensor_itself(ScalarType dtype)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(1);
        var tensor = randn([700, 300], generator: generator).to(dtype);
        tensor.requires_grad = true;

        // What a converted copy leaves behind would soon be overwritten.
        var address = TensorMemory.Address(tensor);
        for (var i = 0; i < 4; i++) zeros(700, 300, dtype: ScalarType.Float32);

        Assert.Equal(address, TensorMemory.Address(tensor));
        using var copy = TensorMemory.Copy(address, [700, 300], dtype);
        Assert.True(copy.equal(tensor).all().item<bool>());
        Assert.NotEqual(address, TensorMemory.Address(copy));
    }

    [Fact]
    public void Address_view_of_another_tensor_is_refused()
    {
        using var scope = NewDisposeScope();
        var tensor = zeros(4, 6);
        Assert.Throws<ArgumentException>(() => TensorMemory.Address(tensor.t()));
        Assert.Throws<ArgumentException>(() => TensorMemory.Address(tensor.narrow(0, 1, 2)));
    }
}
