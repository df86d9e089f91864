using System.Diagnostics;
using System.Globalization;

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
        var seconds = Stopwatch.GetElapsedTime(_started).TotalSeconds;
        var rate = done / Math.Max(seconds, 1e-3);
        var left = total > 0 && done > 0 ? $", {Duration.Text(TimeSpan.FromSeconds((total - done) / rate))} left" : "";
        Console.Error.Write(string.Create(
            CultureInfo.InvariantCulture, $"\r{what}: {done}{(total > 0 ? $" of {total}" : "")}, {rate:0} a second{left}\u001b[K"));
    }

    public void Dispose()
    {
        if (_open) Console.Error.Write("\r\u001b[K");
        _open = false;
    }
}
