using System.Text.Json.Nodes;

namespace LisaOrleans.Tests;

/// <summary>Records that count by weights.</summary>
internal static class WeightedLines
{
    private static readonly double[] s_weights = [0.5, 1, 2, 1, 0.25];

    /// <summary>Writes the lines of a file of objects, each with a weight; some weigh 1.</summary>
    /// <param name="from">The file.</param>
    /// <param name="path">Where to.</param>
    /// <param name="count">How many lines; null for all.</param>
    /// <param name="weight">The weight of all lines; null for different ones.</param>
    /// <returns>Where they are.</returns>
    public static string Write(string from, string path, int? count = null, double? weight = null)
    {
        File.WriteAllLines(path, File.ReadLines(from).Take(count ?? int.MaxValue).Select((line, i) =>
        {
            var record = JsonNode.Parse(line)!.AsObject();
            record["weight"] = weight ?? s_weights[i % s_weights.Length];
            return record.ToJsonString();
        }));
        return path;
    }
}
