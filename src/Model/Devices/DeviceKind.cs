using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using System.Text;
using static TorchSharp.torch;

namespace LisaOrleans.Model;

/// <summary>Names kinds of processors and GPUs: those of one kind round sums in the same way, for a given number of threads.</summary>
/// <remarks>TorchSharp does not wrap it: the set of instructions is asked for by its C++ name, as in <see cref="Determinism"/>.</remarks>
public static partial class DeviceKind
{
    private const string Libtorch = "libtorch_cpu.so";
    private const int BrandLeaves = unchecked((int)0x80000000);

    /// <summary>
    /// The kind of a device: a GPU's name; of a processor its name, vendor, family and model, and the instructions that libtorch uses
    /// there, which <c>ATEN_CPU_CAPABILITY</c> may hold down.
    /// </summary>
    public static string Of(Device device) =>
        device.type == TorchSharp.DeviceType.CUDA ? CudaDriver.Name(Math.Max(0, device.index)) ?? "GPU" : $"{Processor()}, {Capability()}";

    // By these, MKL and oneDNN choose their own instructions.
    private static string Processor()
    {
        if (!X86Base.IsSupported) return $"{RuntimeInformation.ProcessArchitecture}";
        var (_, b, c, d) = X86Base.CpuId(0, 0);
        var vendor = Text(b, d, c);
        var (version, _, _, _) = X86Base.CpuId(1, 0);
        var (family, model) = ((version >> 8) & 0xF, (version >> 4) & 0xF);
        if (family is 6 or 15) model += ((version >> 16) & 0xF) << 4;
        if (family is 15) family += (version >> 20) & 0xFF;
        var about = $"{vendor} family {family} model {model}";
        if (X86Base.CpuId(BrandLeaves, 0).Eax is >= 0 or < BrandLeaves + 4) return about;
        var brand = Enumerable.Range(2, 3).Select(leaf => X86Base.CpuId(BrandLeaves + leaf, 0))
            .Select(r => Text(r.Eax, r.Ebx, r.Ecx, r.Edx));
        return $"{string.Concat(brand).Trim()} ({about})";
    }

    private static string Text(params ReadOnlySpan<int> registers) =>
        Encoding.ASCII.GetString(MemoryMarshal.AsBytes(registers)).Replace("\0", "", StringComparison.Ordinal);

    private static string Capability()
    {
        // Elsewhere, libtorch's functions have other names.
        if (!OperatingSystem.IsLinux() || RuntimeInformation.ProcessArchitecture != Architecture.X64) return RuntimeInformation.RuntimeIdentifier;

        // A std::string: where its text is, and how long. Up to 15 characters it holds them itself, so there is nothing to be freed.
        var text = Marshal.AllocHGlobal(4 * nint.Size);
        try
        {
            CpuCapability(text);
            return Marshal.PtrToStringUTF8(Marshal.ReadIntPtr(text), (int)Marshal.ReadIntPtr(text, nint.Size));
        }
        finally
        {
            Marshal.FreeHGlobal(text);
        }
    }

    [LibraryImport(Libtorch, EntryPoint = "_ZN2at18get_cpu_capabilityB5cxx11Ev")]
    private static partial void CpuCapability(nint text);
}
