using System.Diagnostics;
using System.Globalization;
using System.Numerics;

namespace LisaOrleans.Bench;

/// <summary>A measurement in a process of its own, since peaks of memory belong to a process.</summary>
internal static class MeasuredProcess
{
    /// <summary>Runs this program with other arguments; returns the last two numbers that it prints.</summary>
    public static async Task<(T First, T Second)> RunAsync<T>(params string[] arguments)
        where T : INumber<T>
    {
        using var process = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, arguments) { RedirectStandardOutput = true })!;
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        if (process.ExitCode != 0) throw new InvalidOperationException($"the measured process ended with {process.ExitCode}");
        var numbers = output.Split(['\n', ' '], StringSplitOptions.RemoveEmptyEntries).TakeLast(2)
            .Select(n => T.Parse(n, CultureInfo.InvariantCulture)).ToArray();
        return (numbers[0], numbers[1]);
    }
}
