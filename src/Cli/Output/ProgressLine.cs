using System.Diagnostics;
using System.Globalization;
using Spectre.Console;

namespace LisaOrleans.Cli;

/// <summary>
/// One line on standard error with share, rate and time left; nothing where standard error is no terminal that can take a line back.
/// </summary>
internal sealed class ProgressLine(string what, long total, bool quiet) : IDisposable
{
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(100);

    private readonly long _started = Stopwatch.GetTimestamp();
    private readonly bool _quiet = quiet || Console.IsErrorRedirected || Terminal.IsDumb;
    private long _shown;
    private bool _open;

    public void Report(long done)
    {
        if (_quiet || (_open && Stopwatch.GetElapsedTime(_shown) < s_pause && done < total)) return;
        (_shown, _open) = (Stopwatch.GetTimestamp(), true);
        var width = new AnsiConsoleOutput(Console.Error).Width;
        StandardError.Write($"\r{Text(what, done, total, Stopwatch.GetElapsedTime(_started).TotalSeconds, width)}\u001b[K");
    }

    /// <summary>The line, in less than the width of a terminal: one that wraps could not be taken back.</summary>
    internal static string Text(string what, long done, long total, double seconds, int width)
    {
        var rate = done / Math.Max(seconds, 1e-3);
        return Terminal.Fitting(
            width - 1,
            $"{what}: {done}",
            total > 0 ? $" of {total}" : "",
            string.Create(CultureInfo.InvariantCulture, $", {rate:0} a second"),
            total > 0 && done > 0 ? $", {Duration.Text(TimeSpan.FromSeconds((total - done) / rate))} left" : "");
    }

    public void Dispose()
    {
        if (_open) StandardError.Write("\r\u001b[K");
        _open = false;
    }
}
