using System.Globalization;

namespace LisaOrleans.Cluster;

/// <summary>What happened to the spot machines of somebody's cluster: lines of <c>milliseconds,add|remove,node</c>.</summary>
internal static class SpotTrace
{
    public static IReadOnlyList<(TimeSpan At, bool Added, string Node)> Read(string file) =>
        [.. File.ReadLines(file).Where(l => l.Length > 0).Select((line, i) =>
        line.Split(',') is [var at, "add" or "remove", var node] fields
            && long.TryParse(at, NumberStyles.None, CultureInfo.InvariantCulture, out var milliseconds)
            ? (TimeSpan.FromMilliseconds(milliseconds), fields[1] == "add", node)
            : throw new InvalidDataException($"{file}: line {i + 1}: '{line}' must be milliseconds,add|remove,node"))];
}
