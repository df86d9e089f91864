using System.Globalization;

namespace LisaOrleans.Bench;

internal static class PeakMemory
{
    /// <summary>The largest resident set that a process ever had, in bytes: VmHWM.</summary>
    public static long Of(int process) => 1024 * long.Parse(
        File.ReadLines($"/proc/{process}/status").Single(l => l.StartsWith("VmHWM:", StringComparison.Ordinal))
            .Split(' ', StringSplitOptions.RemoveEmptyEntries)[1],
        CultureInfo.InvariantCulture);
}
