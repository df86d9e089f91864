using System.Runtime.InteropServices;

namespace LisaOrleans.Bench;

/// <summary>
/// The most memory of the first GPU that was in use at one time, by NVIDIA's management library: everything that a process
/// takes, its CUDA context and the free blocks of its allocator included. The same for every program that is measured.
/// </summary>
internal sealed partial class GpuMemory : IDisposable
{
    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(5);
    private readonly nint _device;
    private readonly Thread _thread;
    private long _peak;
    private volatile bool _stopped;

    public GpuMemory()
    {
        Check(Initialize());
        Check(GetDevice(0, out _device));
        _thread = new Thread(Watch) { IsBackground = true };
        _thread.Start();
    }

    /// <value>The most bytes in use since the last <see cref="Reset"/>.</value>
    public long Peak => Interlocked.Read(ref _peak);

    public void Reset() => Interlocked.Exchange(ref _peak, 0);

    public void Dispose()
    {
        _stopped = true;
        _thread.Join();
    }

    private void Watch()
    {
        while (!_stopped)
        {
            Check(GetMemory(_device, out var memory));
            if ((long)memory.Used > Peak) Interlocked.Exchange(ref _peak, (long)memory.Used);
            Thread.Sleep(s_interval);
        }
    }

    private static void Check(int result)
    {
        if (result != 0) throw new InvalidOperationException($"NVIDIA's management library answered {result}");
    }

    [LibraryImport("libnvidia-ml.so.1", EntryPoint = "nvmlInit_v2")]
    private static partial int Initialize();

    [LibraryImport("libnvidia-ml.so.1", EntryPoint = "nvmlDeviceGetHandleByIndex_v2")]
    private static partial int GetDevice(uint index, out nint device);

    [LibraryImport("libnvidia-ml.so.1", EntryPoint = "nvmlDeviceGetMemoryInfo")]
    private static partial int GetMemory(nint device, out Memory memory);

    private struct Memory
    {
        public ulong Total;
        public ulong Free;
        public ulong Used;
    }
}
