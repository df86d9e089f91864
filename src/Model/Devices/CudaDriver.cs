using System.Runtime.InteropServices;
using System.Text;

namespace LisaOrleans.Model;

/// <summary>What the driver says of the GPUs that this process sees, in their order, which is libtorch's: TorchSharp wraps none of this.</summary>
public static partial class CudaDriver
{
    private const string Library = "libcuda.so.1";
    private const int LongestName = 256;

    /// <summary>A GPU's name; null where the driver does not say.</summary>
    /// <param name="index">Which GPU, from 0.</param>
    public static string? Name(int index)
    {
        var name = new byte[LongestName];
        return Find(index) is { } device && GetName(name, name.Length, device) == 0 ? Encoding.UTF8.GetString(name).TrimEnd('\0') : null;
    }

    /// <summary>All bytes of a GPU's memory; null where the driver does not say.</summary>
    /// <param name="index">Which GPU, from 0.</param>
    public static ulong? TotalMemory(int index) =>
        Find(index) is { } device && GetTotal(out var bytes, device) == 0 ? bytes : null;

    private static int? Find(int index)
    {
        try
        {
            return Initialize(0) == 0 && GetDevice(out var device, index) == 0 ? device : null;
        }
        catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException)
        {
            return null;
        }
    }

    [LibraryImport(Library, EntryPoint = "cuInit")]
    private static partial int Initialize(uint flags);

    [LibraryImport(Library, EntryPoint = "cuDeviceGet")]
    private static partial int GetDevice(out int device, int ordinal);

    [LibraryImport(Library, EntryPoint = "cuDeviceGetName")]
    private static partial int GetName([Out] byte[] name, int length, int device);

    [LibraryImport(Library, EntryPoint = "cuDeviceTotalMem_v2")]
    private static partial int GetTotal(out nuint bytes, int device);
}
