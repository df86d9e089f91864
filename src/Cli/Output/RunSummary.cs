using System.Diagnostics;
using System.Globalization;
using LisaOrleans.Checkpoints;

namespace LisaOrleans.Cli;

/// <summary>The closing summary of a run.</summary>
internal static class RunSummary
{
    /// <summary>The lines.</summary>
    /// <param name="history">The run's steps.</param>
    /// <param name="seconds">For how long it was worked on.</param>
    /// <param name="spec">Its settings.</param>
    /// <param name="totalSteps">The steps that these make.</param>
    /// <param name="best">The manifest whose weights the model has; null for the last.</param>
    /// <param name="output">Where the model is.</param>
    public static IEnumerable<string> Lines(
        IReadOnlyList<StepRecord> history, double seconds, TrainingSpec spec, long totalSteps, KeptManifest? best, string output)
    {
        if (history.Count > 0)
        {
            var evaluation = history.LastOrDefault(r => r.EvalLoss is not null);
            yield return string.Create(
                CultureInfo.InvariantCulture,
                $"{Quantity.Of(history.Count, "step")}, {Quantity.Of(history.Sum(r => r.Tokens), "token")} in "
                    + $"{Duration.Text(TimeSpan.FromSeconds(seconds))}, {PeakBytes() / 1e9:0.0} GB at most");
            yield return string.Create(CultureInfo.InvariantCulture, $"loss {history[0].Loss:0.0000} at first, {history[^1].Loss:0.0000} at last")
                + (evaluation is { EvalLoss: { } loss } last ? $"; evaluation {RunText.Losses(loss, last.EvalRewards)}" : "");
        }

        if (history.Count < totalSteps) yield return EndedEarly(spec, totalSteps);
        if (best is not null)
        {
            var rewards = history[(int)best.Step - 1].EvalRewards;
            yield return $"weights of step {best.Step}, the best: evaluation {RunText.Losses(best.EvalLoss!.Value, rewards)}";
        }

        yield return $"model written to {output}";
        yield return $"try it: lisa generate --model {Quoted(output)} --prompt \"…\"";
    }

    private static string EndedEarly(TrainingSpec spec, long totalSteps)
    {
        var by = spec.EarlyStoppingThreshold > 0 ? string.Create(CultureInfo.InvariantCulture, $" by more than {spec.EarlyStoppingThreshold}") : "";
        var evaluations = Quantity.Of(spec.EarlyStoppingPatience, "evaluation was", "evaluations were");
        return $"ended early, before step {totalSteps}: {evaluations} not better{by}";
    }

    private static long PeakBytes()
    {
        using var process = Process.GetCurrentProcess();
        return process.PeakWorkingSet64;
    }

    private static string Quoted(string path) =>
        path.All(c => char.IsLetterOrDigit(c) || c is '/' or '.' or '-' or '_' or '\\' or ':') ? path : $"\"{path}\"";
}
