using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Serialization;

namespace LisaOrleans.Checkpoints;

/// <summary>Who works on a run: a process, for itself or as a silo of a cluster.</summary>
/// <param name="Id">A name that the process gave itself; that of a cluster's silo is its address.</param>
/// <param name="Host">Its machine's name.</param>
/// <param name="Pid">Its process id.</param>
/// <param name="Cluster">The cluster that it is a silo of; null for a single process.</param>
/// <param name="Machine">What processes that see the same process ids have in common, until the machine restarts; null where unknown.</param>
/// <param name="Started">When the process began, as its machine counts; null where unknown.</param>
public sealed record RunHolder(string Id, string Host, int Pid, string? Cluster = null, string? Machine = null, string? Started = null)
{
    private const string BootIdFile = "/proc/sys/kernel/random/boot_id";
    private const string PidNamespace = "/proc/self/ns/pid";

    // Counted after the name, which may hold spaces and parentheses: see proc(5).
    private const int StateField = 0;
    private const int StartTimeField = 19;

    /// <summary>This process.</summary>
    public static RunHolder ThisProcess { get; } = new(
        Guid.NewGuid().ToString("N"), Environment.MachineName, Environment.ProcessId, null, ReadMachine(), ReadStat(Environment.ProcessId)?.Started);

    /// <value>For people: process and host, or cluster.</value>
    [JsonIgnore]
    public string Description => Cluster is null
        ? string.Create(CultureInfo.InvariantCulture, $"process {Pid} on host '{Host}'")
        : $"cluster '{Cluster}' (host '{Host}')";

    /// <value>
    /// Whether a silo, named by its <see cref="Id"/>, is or was one of this one's cluster: another cluster may have the same name. Default
    /// null for none.
    /// </value>
    [JsonIgnore]
    public Func<string, bool>? IsPeer { get; init; }

    /// <summary>Whether another holder is this one, or a silo of the same cluster.</summary>
    public bool IsSame(RunHolder other) => Id == other.Id || (IsNamesake(other) && IsPeer?.Invoke(other.Id) == true);

    /// <summary>Whether another holder is a silo of a cluster of the same name.</summary>
    public bool IsNamesake(RunHolder other) => Cluster is not null && Cluster == other.Cluster;

    /// <summary>Whether the process lives, as its machine tells; null if that cannot be known from here.</summary>
    public bool? IsAlive()
    {
        if (Machine is null || Machine != ThisProcess.Machine) return null;
        if (ReadStat(Pid) is { } stat) return stat.State is not ('Z' or 'X') && (Started is null || stat.Started == Started);

        // If /proc shows users only their own processes, there may be such a process all the same.
        try
        {
            using var process = Process.GetProcessById(Pid);
            return null;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    private static string? ReadMachine()
    {
        try
        {
            return OperatingSystem.IsLinux() && new FileInfo(PidNamespace).LinkTarget is { } space
                ? $"{File.ReadAllText(BootIdFile).Trim()} {space}"
                : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static (char State, string Started)? ReadStat(int pid)
    {
        if (!OperatingSystem.IsLinux()) return null;
        try
        {
            var text = File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/stat"));
            var fields = text[(text.LastIndexOf(')') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
            return fields.Length > StartTimeField ? (fields[StateField][0], fields[StartTimeField]) : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
