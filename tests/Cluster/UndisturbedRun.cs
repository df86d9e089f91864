using LisaOrleans.Grains.Tests;

[assembly: AssemblyFixture(typeof(LisaOrleans.Cluster.Tests.UndisturbedRun))]

namespace LisaOrleans.Cluster.Tests;

/// <summary>
/// The sample run as one silo trains it that nothing happens to: what runs are compared with that were paused at some step. Trained
/// once for all tests, and on only as far as one of them came, with a manifest of each step.
/// </summary>
public sealed class UndisturbedRun : IDisposable
{
    private const string Name = "undisturbed";

    private TestRun? _run;
    private long _step;

    /// <summary>A run under settings with which its steps do not depend on how many there are to be: it goes on until it is paused.</summary>
    /// <param name="run">The run's name.</param>
    /// <param name="replicas">Pipelines at most.</param>
    /// <param name="optim">Another optimizer than that of the undisturbed run.</param>
    public static RunRequest Request(string run, string replicas = "1", string optim = "adamw") => TinyStories.Request(TwoRuns.Settings(new TrainingSpec
    {
        RunName = run,
        MaxSteps = 1_000_000,
        LisaIntervalSteps = 4,
        PerDeviceTrainBatchSize = 4,
        GradientAccumulationSteps = 4,
        LearningRate = 1e-3,
        LrSchedulerType = "constant",
        Optim = optim,
        SaveSteps = 3,
        Seed = 11,
        Threads = 1,
        Replicas = replicas,
    }));

    /// <summary>The same settings as options of a command.</summary>
    public static IReadOnlyList<string> Arguments { get; } = [.. TrainingArguments.Sample(steps: 1_000_000), "--lr-scheduler-type", "constant"];

    /// <summary>Pauses a run of a cluster, and compares it as it is then.</summary>
    internal async Task AssertEqualWhenPausedAsync(TestCluster cluster, string run)
    {
        using var folder = new TempFolder();
        await AssertEqualAsync(await TwoRuns.PauseAsync(cluster, run, folder.Root), folder.Root);
    }

    /// <summary>A run has the records of the undisturbed one, and the weights that this had then.</summary>
    /// <param name="records">All of the run's.</param>
    /// <param name="output">What it was exported to.</param>
    internal async Task AssertEqualAsync(IReadOnlyList<StepRecord> records, string output)
    {
        var request = Request(Name);
        _run ??= await TestRun.ImportAsync(request with { Spec = request.Spec with { SaveSteps = 1, KeepManifests = "all" } });
        if (records.Count > _step)
        {
            Assert.Equal(RunState.Paused, (await _run.ContinueAsync(pauseAt: records.Count)).State);
            _step = records.Count;
        }

        await TwoRuns.AssertEqualAsync(_run, records, output, $"@{records.Count}");
    }

    /// <inheritdoc/>
    public void Dispose() => _run?.Dispose();
}
