[assembly: AssemblyFixture(typeof(LisaOrleans.Cluster.Tests.UndisturbedRun))]

namespace LisaOrleans.Cluster.Tests;

/// <summary>
/// The sample run as one process trains it that nothing happens to: what runs are compared with that were paused at some step. Trained
/// once for all tests, with a manifest of each step.
/// </summary>
public sealed class UndisturbedRun : IDisposable
{
    private const string Name = "undisturbed";

    // More than most tests come to.
    private const int LeastSteps = 144;

    private readonly TempFolder _folder = new();
    private int _steps;

    /// <summary>A run's settings, under which its steps do not depend on how many there are to be.</summary>
    /// <param name="steps">How many.</param>
    /// <param name="saveSteps">Steps between manifests.</param>
    /// <param name="replicas">Pipelines at most.</param>
    public static string[] Training(int steps, int saveSteps = 3, string replicas = "1") =>
        [.. TrainingArguments.Sample(steps, saveSteps, replicas: replicas), "--lr-scheduler-type", "constant", "--warmup-steps", "0"];

    /// <summary>Exports it as it is after a step.</summary>
    /// <param name="step">The step.</param>
    /// <param name="output">The folder.</param>
    public async Task ExportAsync(long step, string output)
    {
        if (step > _steps)
        {
            var steps = (int)Math.Max(step, LeastSteps);
            await TestCluster.SucceedsAsync(
                _folder.Root,
                [
                    "train", .. Training(steps, saveSteps: 1), "--keep-manifests", "all", "--store", Store(steps), "--run-name", Name,
                    "--output", _folder[$"trained-{steps}"],
                ]);
            _steps = steps;
        }

        await TestCluster.SucceedsAsync(_folder.Root, "export", $"{Name}@{step}", "--store", Store(_steps), "--output", output);
    }

    /// <inheritdoc/>
    public void Dispose() => _folder.Dispose();

    private string Store(int steps) => _folder[$"store-{steps}"];
}
