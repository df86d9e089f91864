using System.Globalization;

namespace LisaOrleans.Bench;

/// <summary>Which ports a process is connected to or listens on, as Linux reports them.</summary>
internal static class Connections
{
    private const int Remote = 2;
    private const int State = 3;
    private const int Inode = 9;
    private const string Established = "01";
    private const string Listening = "0A";

    /// <summary>Ports at the other end of a process' TCP connections.</summary>
    public static IReadOnlySet<int> Of(int process) => Ports(process, Established, Remote);

    /// <summary>Ports that a process listens on.</summary>
    public static IReadOnlySet<int> ListenedAt(int process) => Ports(process, Listening, Remote - 1);

    private static HashSet<int> Ports(int process, string state, int column)
    {
        var own = new DirectoryInfo($"/proc/{process}/fd").EnumerateFileSystemInfos()
            .Select(f => f.LinkTarget ?? "").Where(t => t.StartsWith("socket:[", StringComparison.Ordinal)).Select(t => t[8..^1]).ToHashSet();
        return
        [
            .. new[] { "tcp", "tcp6" }.SelectMany(kind => File.ReadLines($"/proc/{process}/net/{kind}").Skip(1))
                .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
                .Where(fields => fields[State] == state && own.Contains(fields[Inode]))
                .Select(fields => int.Parse(fields[column].Split(':')[1], NumberStyles.HexNumber, CultureInfo.InvariantCulture)),
        ];
    }
}
