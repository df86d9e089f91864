using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace LisaOrleans.Model;

/// <summary>
/// Makes libtorch compute the same bits each time on a CUDA device, as PyTorch's <c>torch.use_deterministic_algorithms</c>
/// does. On the CPU nothing has to be switched on: all that is used there is deterministic for a given number of threads.
/// </summary>
/// <remarks>
/// TorchSharp does not wrap these settings, so they are reached by their C++ names: those of libtorch 2.10 and 2.11. They apply
/// to the whole process. Two kinds of attention are left: flash attention, whose deterministic backward pass is then used, and
/// the plain one, which float32 and windows shorter than a row use; the backward passes of the others are not deterministic.
/// </remarks>
public static partial class Determinism
{
    private const string Library = "libtorch_cpu.so";

    /// <value>Whether it is on in this process.</value>
    public static bool IsOn => DeterministicAlgorithms(GlobalContext());

    /// <summary>Switches it on for a device that needs it; call before the first work on it.</summary>
    public static void Require(Device device)
    {
        if (device.type != TorchSharp.DeviceType.CUDA) return;

        // cuBLAS asks for it; .NET's own way to set a variable does not reach native code.
        _ = SetEnvironment("CUBLAS_WORKSPACE_CONFIG", ":4096:8", 0);
        Set(on: true);
    }

    internal static void Set(bool on)
    {
        var context = GlobalContext();
        SetFillUninitializedMemory(context, false);
        SetDeterministicAlgorithms(context, on, false);
        SetMemoryEfficientAttention(context, !on);
        SetCuDnnAttention(context, !on);
    }

    [LibraryImport(Library, EntryPoint = "_ZN2at13globalContextEv")]
    private static partial nint GlobalContext();

    [LibraryImport(Library, EntryPoint = "_ZNK2at7Context23deterministicAlgorithmsEv")]
    [return: MarshalAs(UnmanagedType.U1)]
    private static partial bool DeterministicAlgorithms(nint context);

    [LibraryImport(Library, EntryPoint = "_ZN2at7Context26setDeterministicAlgorithmsEbb")]
    private static partial void SetDeterministicAlgorithms(
        nint context, [MarshalAs(UnmanagedType.U1)] bool on, [MarshalAs(UnmanagedType.U1)] bool warnOnly);

    [LibraryImport(Library, EntryPoint = "_ZN2at7Context39setDeterministicFillUninitializedMemoryEb")]
    private static partial void SetFillUninitializedMemory(nint context, [MarshalAs(UnmanagedType.U1)] bool on);

    [LibraryImport(Library, EntryPoint = "_ZN2at7Context21setSDPUseMemEfficientEb")]
    private static partial void SetMemoryEfficientAttention(nint context, [MarshalAs(UnmanagedType.U1)] bool on);

    [LibraryImport(Library, EntryPoint = "_ZN2at7Context14setSDPUseCuDNNEb")]
    private static partial void SetCuDnnAttention(nint context, [MarshalAs(UnmanagedType.U1)] bool on);

    [LibraryImport("libc.so.6", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetEnvironment(string name, string value, int overwrite);
}
