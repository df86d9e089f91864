using System.Globalization;

namespace LisaOrleans.Bench;

/// <summary>The most memory without mapped pages that this process was seen to have, and what it was.</summary>
internal sealed class MemoryPeak
{
    private readonly Dictionary<string, long> _phases = [];
    private string _parts = "";

    /// <value>What the process is doing. Default its start.</value>
    public string Phase { get; set; } = "start";

    public long Bytes { get; private set; }

    public void Look()
    {
        var now = PeakMemory.WithoutMappedPages();
        _phases[Phase] = Math.Max(now, _phases.GetValueOrDefault(Phase));
        if (now <= Bytes) return;
        (Bytes, _parts) = (now, Parts(now));
    }

    /// <summary>The peak of each phase, and what the highest consisted of, in one line.</summary>
    public string Describe() =>
        $"{string.Join(", ", _phases.Select(p => $"{p.Key} {p.Value >> 20} MiB"))}; at the peak {_parts}";

    private static string Parts(long now)
    {
        var malloc = MallocInfo.Read();
        var collected = GC.GetGCMemoryInfo().TotalCommittedBytes;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"C heap {malloc.Used >> 20} MiB used and {malloc.Free >> 20} free, large blocks {malloc.Mapped >> 20}, .NET {collected >> 20}, "
                + $"others {(now - (long)(malloc.Used + malloc.Mapped) - collected) >> 20} with what of the free is resident");
    }
}
