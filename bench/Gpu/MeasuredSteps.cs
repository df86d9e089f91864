using System.Diagnostics;
using System.Globalization;

namespace LisaOrleans.Bench;

/// <summary>Runs a program that prints a line <c>step NUMBER LOSS SECONDS</c> for each step, and kills it after the last.</summary>
internal static class MeasuredSteps
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(150);

    /// <summary>Loss and time of each step; for a step that was done again, those of the last time.</summary>
    /// <param name="program">The program.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="last">The step after which it is killed.</param>
    /// <param name="environment">Variables that are set for it.</param>
    public static async Task<IReadOnlyList<(double Loss, double Time)>> Run(
        string program, IEnumerable<string> arguments, int last, params (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true };
        foreach (var (name, value) in environment) start.Environment[name] = value;
        using var process = Process.Start(start)!;
        using var patience = new CancellationTokenSource(s_patience);
        var steps = new SortedDictionary<int, (double, double)>();
        try
        {
            while (steps.Count < last && await process.StandardOutput.ReadLineAsync(patience.Token) is { } line)
            {
                if (line.Split(' ') is not ["step", var number, var loss, var time])
                {
                    Console.WriteLine("  " + line);
                    continue;
                }

                steps[int.Parse(number, CultureInfo.InvariantCulture)] =
                    (double.Parse(loss, CultureInfo.InvariantCulture), double.Parse(time, CultureInfo.InvariantCulture));
            }
        }
        finally
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync(CancellationToken.None);
        }

        return steps.Count == last
            ? [.. steps.Values]
            : throw new InvalidOperationException(
                $"{Path.GetFileName(program)} {string.Join(' ', arguments)} ended after {steps.Count} of {last} steps");
    }

    /// <summary>Prints a line as <see cref="Run"/> reads it.</summary>
    public static void Print(long step, double loss, DateTimeOffset time) => Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture, $"step {step} {loss:R} {(time - DateTimeOffset.UnixEpoch).TotalSeconds:0.000000}"));
}
