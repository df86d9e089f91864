using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace LisaOrleans.Model.Tests;

/// <summary>The set of instructions is asked for by its C++ name: this fails when a newer libtorch has another one.</summary>
public sealed class DeviceKindTests
{
    [Fact]
    public void Of_processor_names_it_and_the_instructions_that_libtorch_uses()
    {
        Assert.SkipUnless(
            OperatingSystem.IsLinux() && RuntimeInformation.ProcessArchitecture == Architecture.X64, "asks a library of Linux on x64");
        Assert.Matches(@"^[ -~]+ \([ -~]{12} family [0-9]+ model [0-9]+\), (AVX512|AVX2|NO AVX|DEFAULT)$", DeviceKind.Of(CPU));
    }
}
