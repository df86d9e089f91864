using System.Diagnostics;
using System.Globalization;
using System.Numerics;

namespace LisaOrleans.Bench;

/// <summary>A measurement in a process of its own, since peaks of memory belong to a process.</summary>
internal static class MeasuredProcess
{
    /// <summary>Runs this program with other arguments; returns the last two numbers that it prints.</summary>
    public static Task<(T First, T Second)> RunAsync<T>(params string[] arguments)
        where T : INumber<T> => RunAsync<T>([], arguments);

    /// <summary>The same with variables of the environment set. What it prints before is printed here, too.</summary>
    public static async Task<(T First, T Second)> RunAsync<T>((string Name, string Value)[] environment, params string[] arguments)
        where T : INumber<T>
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!, arguments) { RedirectStandardOutput = true };
        foreach (var (name, value) in environment) start.Environment[name] = value;
        using var process = Process.Start(start)!;
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        if (process.ExitCode != 0) throw new InvalidOperationException($"the measured process ended with {process.ExitCode}");
        var lines = output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        foreach (var line in lines.SkipLast(1)) Console.WriteLine("  " + line);
        var numbers = lines[^1].Split(' ').Select(n => T.Parse(n, CultureInfo.InvariantCulture)).ToArray();
        return (numbers[0], numbers[1]);
    }
}
