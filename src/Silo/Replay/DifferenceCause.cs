using LisaOrleans.Checkpoints;
using LisaOrleans.Training;

namespace LisaOrleans.Silo;

/// <summary>Why a repeated step may differ though nobody has changed anything.</summary>
/// <param name="store">The run's store.</param>
/// <param name="kinds">The kinds of processors and GPUs that have computed the run up to the last step; empty if not known.</param>
internal sealed class DifferenceCause(IBlobStore store, IReadOnlyList<string> kinds)
{
    // A step is repeated with other numbers of threads only where that does not take long.
    private const int MostStepsToTry = 64;

    /// <summary>That another kind has computed the steps, and which one; null where that is not known to be so.</summary>
    public string? OtherKind => kinds.All(k => k == TrainingDevice.Kind)
        ? null
        : $"the run was computed on {RunKinds.Describe(kinds)}, and this machine is {TrainingDevice.Kind}: they may round sums differently";

    /// <summary>Explains a step that differs.</summary>
    /// <param name="from">The manifest from which it was repeated.</param>
    /// <param name="spec">The run's settings.</param>
    /// <param name="had">The step as it was.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<string> ExplainAsync(Manifest from, TrainingSpec spec, StepRecord had, CancellationToken cancellationToken)
    {
        if (OtherKind is { } other) return $"; {other}, so only a machine of {(kinds.Count > 1 ? "those kinds" : "that kind")} can tell";

        // Sums are rounded differently by other numbers of threads, which nothing else tells.
        if (had.Step - from.Step <= MostStepsToTry)
        {
            var cores = Environment.ProcessorCount;
            foreach (var threads in Enumerable.Range(1, cores).Append(2 * cores).Where(t => t != spec.Threads))
            {
                var same = false;
                using var replay = await RunReplay.RepeatAsync(
                    store, from, s => s with { SaveSteps = 0, Threads = threads }, had.Step,
                    record => record.Step < had.Step || (same = StepDifference.Find(had, record) is null), cancellationToken);
                if (same)
                    return $"; with {threads} threads instead of the {spec.Threads} of its settings it is the same, so the thread count was another";
            }
        }

        return $"; a setting, or its samples ({string.Join(',', had.Samples)}), are others than those that it was trained with, or the machine is";
    }
}
