using Spectre.Console;

namespace LisaOrleans.Cli;

/// <summary>Chooses how a run is shown.</summary>
internal static class Reporters
{
    /// <summary>The reporter that <c>--log-format</c> asks for. A picture needs a terminal that can take a line back.</summary>
    public static IRunReporter Create(SettingValues values) => new LastingReporter(values.Text(KnownSettings.LogFormat) switch
    {
        "json" => new JsonReporter(Console.Out),
        "plain" => new PlainReporter(Console.Out),
        _ => Console.IsOutputRedirected || !AnsiConsole.Profile.Capabilities.Ansi || Environment.GetEnvironmentVariable("TERM") == "dumb"
            ? new PlainReporter(Console.Out)
            : new LiveReporter(AnsiConsole.Console),
    });
}
