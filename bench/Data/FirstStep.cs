using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace LisaOrleans.Bench;

/// <summary>How soon a process of <c>lisa train</c> came to its first step, and how much memory it had needed by then.</summary>
/// <param name="Seconds">From its start to the step's line.</param>
/// <param name="Processor">Seconds that its threads had computed by then: what the clock would show on one idle core.</param>
/// <param name="PeakBytes">Its largest resident set.</param>
/// <param name="Tokens">The tokens of its data; 0 if it did not say.</param>
internal sealed record FirstStep(double Seconds, double Processor, long PeakBytes, long Tokens)
{
    /// <summary>Starts a process and waits for its first step.</summary>
    /// <param name="arguments">Arguments of <c>lisa</c>.</param>
    /// <param name="killed">Whether it is killed (SIGKILL) after its next manifest; otherwise its end is awaited.</param>
    public static async Task<FirstStep> MeasureAsync(IEnumerable<string> arguments, bool killed)
    {
        var watch = Stopwatch.StartNew();
        using var process = Process.Start(new ProcessStartInfo(Cluster.Executables.Lisa, [.. arguments, "--log-format", "json"])
        {
            RedirectStandardOutput = true,
        })!;
        var (first, tokens) = ((FirstStep?)null, 0L);
        while (await process.StandardOutput.ReadLineAsync() is { } line)
        {
            using var json = JsonDocument.Parse(line);
            switch (json.RootElement.GetProperty("event").GetString())
            {
                case "message" when tokens == 0:
                    var words = json.RootElement.GetProperty("message").GetString()!.Split(' ');
                    if (words.Contains("tokens,")) tokens = long.Parse(words[Array.IndexOf(words, "tokens,") - 1], CultureInfo.InvariantCulture);
                    break;
                case "step":
                    first ??= new FirstStep(watch.Elapsed.TotalSeconds, process.TotalProcessorTime.TotalSeconds, PeakMemory.Of(process.Id), tokens);
                    break;
                case "manifest" when killed && first is not null:
                    process.Kill();
                    break;
            }
        }

        await process.WaitForExitAsync();
        return first is not null && (killed || process.ExitCode == 0)
            ? first
            : throw new InvalidOperationException($"lisa train ended with {process.ExitCode}");
    }
}
