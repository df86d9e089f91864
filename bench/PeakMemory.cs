using System.Globalization;

namespace LisaOrleans.Bench;

internal static class PeakMemory
{
    /// <summary>The largest resident set that a process ever had, in bytes: VmHWM.</summary>
    public static long Of(int process) => Read(process, "VmHWM:");

    /// <summary>Resident memory of this process now, in bytes, without pages of mapped files: RssAnon.</summary>
    public static long WithoutMappedPages() => Read(Environment.ProcessId, "RssAnon:");

    /// <summary>The same of another process; null once it has ended.</summary>
    public static long? WithoutMappedPages(int process)
    {
        try
        {
            return Read(process, "RssAnon:");
        }
        catch (Exception e) when (e is IOException or InvalidOperationException)
        {
            return null;
        }
    }

    private static long Read(int process, string field) => 1024 * long.Parse(
        File.ReadLines($"/proc/{process}/status").Single(l => l.StartsWith(field, StringComparison.Ordinal))
            .Split(' ', StringSplitOptions.RemoveEmptyEntries)[1],
        CultureInfo.InvariantCulture);
}
