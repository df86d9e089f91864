using System.Globalization;
using LisaOrleans.Checkpoints;

namespace LisaOrleans.Training;

/// <summary>What happened to the spot machines of somebody's cluster: lines of <c>milliseconds,add|remove,node</c>.</summary>
public static class SpotTrace
{
    /// <summary>The events, in the order of the file.</summary>
    /// <exception cref="InvalidDataFileException">A line is no such line, comes before the one above it, or removes what is not there.</exception>
    public static IReadOnlyList<(TimeSpan At, bool Added, string Node)> Read(string file)
    {
        var events = new List<(TimeSpan At, bool Added, string Node)>();
        var live = new HashSet<string>();
        foreach (var (index, line) in File.ReadLines(file).Index())
        {
            if (line.Length == 0) continue;
            if (line.Split(',') is not [var at, "add" or "remove", { Length: > 0 } node] fields
                || !long.TryParse(at, NumberStyles.None, CultureInfo.InvariantCulture, out var milliseconds)
                || milliseconds > TimeSpan.MaxValue.TotalMilliseconds / 2)
                throw Wrong(index, $"'{line}' must be milliseconds,add|remove,node");
            var (time, added) = (TimeSpan.FromMilliseconds(milliseconds), fields[1] == "add");
            if (events.Count > 0 && time < events[^1].At) throw Wrong(index, "is earlier than the line above it");
            if (!(added ? live.Add(node) : live.Remove(node))) throw Wrong(index, $"{node} is {(added ? "there already" : "not there")}");
            events.Add((time, added, node));
        }

        return events.Count > 0 ? events : throw new InvalidDataFileException(file, "holds no events");

        InvalidDataFileException Wrong(int index, string what) => new(file, $"line {index + 1}: {what}");
    }
}
