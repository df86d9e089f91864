using System.Diagnostics;
using System.Globalization;

namespace LisaOrleans.Cli;

/// <summary>The closing summary of a run.</summary>
internal static class RunSummary
{
    /// <summary>The lines.</summary>
    /// <param name="history">The run's steps.</param>
    /// <param name="output">Where the model is.</param>
    public static IEnumerable<string> Lines(IReadOnlyList<StepRecord> history, string output)
    {
        if (history.Count > 0)
        {
            var evaluation = history.LastOrDefault(r => r.EvalLoss is not null);
            yield return string.Create(
                CultureInfo.InvariantCulture,
                $"{Quantity.Of(history.Count, "step")}, {Quantity.Of(history.Sum(r => r.Tokens), "token")} in "
                    + $"{Duration.Text(TimeSpan.FromSeconds(history.Sum(r => r.Seconds)))}, {PeakBytes() / 1e9:0.0} GB at most");
            yield return string.Create(CultureInfo.InvariantCulture, $"loss {history[0].Loss:0.0000} at first, {history[^1].Loss:0.0000} at last")
                + (evaluation is { EvalLoss: { } loss } last ? $"; evaluation {RunText.Losses(loss, last.EvalRewards)}" : "");
        }

        yield return $"model written to {output}";
        yield return $"try it: lisa generate --model {Quoted(output)} --prompt \"…\"";
    }

    private static long PeakBytes()
    {
        using var process = Process.GetCurrentProcess();
        return process.PeakWorkingSet64;
    }

    private static string Quoted(string path) =>
        path.All(c => char.IsLetterOrDigit(c) || c is '/' or '.' or '-' or '_' or '\\' or ':') ? path : $"\"{path}\"";
}
