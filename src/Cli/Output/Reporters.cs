using Spectre.Console;

namespace LisaOrleans.Cli;

/// <summary>Chooses how a run is shown.</summary>
internal static class Reporters
{
    /// <summary>The reporter that <c>--log-format</c> asks for. The live display needs a terminal that can erase a line.</summary>
    public static IRunReporter Create(SettingValues values) => new LastingReporter(values.Text(KnownSettings.LogFormat) switch
    {
        "json" => new JsonReporter(Console.Out),
        "plain" => new PlainReporter(Console.Out),
        _ => Console.IsOutputRedirected || !AnsiConsole.Profile.Capabilities.Ansi || Terminal.IsDumb
            ? new PlainReporter(Console.Out)
            : new LiveReporter(AnsiConsole.Console),
    });
}
