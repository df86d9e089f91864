using System.Text.Json;
using LisaOrleans.Grains.Tests;
using LisaOrleans.Model;
using LisaOrleans.Training;

namespace LisaOrleans.Cluster.Tests;

/// <summary>One run on an embedded silo and one on a cluster, which are to have the same bits.</summary>
internal static class TwoRuns
{
    /// <summary>
    /// Settings that leave no choice to the two imports: each would measure for itself in which numbers a bfloat16 model is quicker, and on a
    /// busy machine two measurements may differ.
    /// </summary>
    /// <param name="spec">The settings.</param>
    /// <param name="model">The model's folder; null for the sample's.</param>
    public static TrainingSpec Settings(TrainingSpec spec, string? model = null) => new ImportOptions().Resolve(
        spec, ModelConfigReader.ReadFile(Path.Combine(model ?? TinyStories.Model, "config.json")), () => "float32");

    /// <summary>Both have the same records, whenever and how quickly their steps were made, and the same weights.</summary>
    /// <param name="expected">The run on the embedded silo.</param>
    /// <param name="records">Those of the other.</param>
    /// <param name="output">What the other was exported to.</param>
    public static async Task AssertEqualAsync(TestRun expected, IEnumerable<StepRecord> records, string output)
    {
        Assert.Equal((await expected.HistoryAsync()).Select(Untimed), records.Select(Untimed));
        var (weights, others) = (await expected.WeightsAsync(), TestRun.ReadWeights(output));
        Assert.Equal(weights.Keys.Order(), others.Keys.Order());
        foreach (var (name, bytes) in weights) Assert.True(bytes.AsSpan().SequenceEqual(others[name]), name);
    }

    private static string Untimed(StepRecord record) => JsonSerializer.Serialize(record with { Seconds = 0, Time = default });
}
