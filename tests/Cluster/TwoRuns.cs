using System.Text.Json;
using LisaOrleans.Checkpoints;
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

    /// <summary>Pauses a run of a cluster; its records.</summary>
    /// <param name="cluster">The cluster.</param>
    /// <param name="run">The run's name.</param>
    /// <param name="output">What it is exported to.</param>
    public static async Task<IReadOnlyList<StepRecord>> PauseAsync(TestCluster cluster, string run, string output)
    {
        var token = TestContext.Current.CancellationToken;
        await cluster.Client.PauseAsync(run, token);
        var status = await cluster.Client.GetAsync(run, token);
        Assert.Equal((RunState.Paused, status.Step), (status.State, status.ManifestStep));
        var store = await BlobStores.OpenAsync(cluster.Store, token);
        await RunExporter.ExportAsync(store, run, output, token);
        return await RunExporter.ReadHistoryAsync(store, run, token);
    }

    /// <summary>Both have the same records, whenever and how quickly their steps were made, and the same weights.</summary>
    /// <param name="expected">The run on the embedded silo.</param>
    /// <param name="records">Those of the other.</param>
    /// <param name="output">What the other was exported to.</param>
    /// <param name="at">The manifest of the first, <c>@STEP</c>; empty for its last.</param>
    public static async Task AssertEqualAsync(TestRun expected, IEnumerable<StepRecord> records, string output, string at = "")
    {
        var run = (await expected.ManifestAsync()).Run;
        var history = await RunExporter.ReadHistoryAsync(expected.Store, run + at, TestContext.Current.CancellationToken);
        AssertEqual((history, await expected.ExportAsync(at)), (records, output));
    }

    /// <summary>The same of two runs of which both were exported.</summary>
    public static void AssertEqual(
        (IEnumerable<StepRecord> Records, string Output) expected, (IEnumerable<StepRecord> Records, string Output) actual)
    {
        Assert.Equal(expected.Records.Select(Untimed), actual.Records.Select(Untimed));
        var (weights, others) = (TestRun.ReadWeights(expected.Output), TestRun.ReadWeights(actual.Output));
        Assert.Equal(weights.Keys.Order(), others.Keys.Order());
        foreach (var (name, bytes) in weights) Assert.True(bytes.AsSpan().SequenceEqual(others[name]), name);
    }

    private static string Untimed(StepRecord record) => JsonSerializer.Serialize(record with { Seconds = 0, Time = default });
}
