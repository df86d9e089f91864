using static TorchSharp.torch;

namespace LisaOrleans.Model.Tests;

/// <summary>The settings are reached by C++ names: this tells when a newer libtorch has other ones.</summary>
public sealed class DeterminismTests
{
    [Fact]
    public void It_can_be_switched_on_and_off()
    {
        Assert.False(Determinism.IsOn);
        try
        {
            Determinism.Set(on: true);
            Assert.True(Determinism.IsOn);
        }
        finally
        {
            Determinism.Set(on: false);
        }

        Assert.False(Determinism.IsOn);
    }

    [Fact]
    public void The_CPU_needs_nothing()
    {
        Determinism.Require(CPU);
        Assert.False(Determinism.IsOn);
    }
}
