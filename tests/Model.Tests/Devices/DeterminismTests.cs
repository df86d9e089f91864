using static TorchSharp.torch;

namespace LisaOrleans.Model.Tests;

/// <summary>The settings are reached by C++ names: these tests fail when a newer libtorch has other ones.</summary>
public sealed class DeterminismTests
{
    [Fact]
    public void Set_on_or_off_IsOn_says_so()
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
    public void Require_cpu_switches_nothing_on()
    {
        Determinism.Require(CPU);
        Assert.False(Determinism.IsOn);
    }
}
