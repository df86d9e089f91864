using System.Globalization;

namespace LisaOrleans.Cli;

internal static class Duration
{
    /// <summary>As people say it: 42 s, 3:07 min, 2:05:09 h.</summary>
    public static string Text(TimeSpan time) => time.TotalSeconds < 60
        ? string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0} s")
        : time.TotalHours < 1
            ? time.ToString(@"m\:ss' min'", CultureInfo.InvariantCulture)
            : string.Create(CultureInfo.InvariantCulture, $"{(int)time.TotalHours}{time:\\:mm\\:ss} h");
}
