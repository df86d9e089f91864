using Xunit.MicrosoftTestingPlatform;
using Xunit.Runner.InProc.SystemConsole;

namespace LisaOrleans.Checkpoints.Tests;

/// <summary>Runs the tests, as the entry point does that xunit makes, or is a process that they start.</summary>
internal static class Program
{
    /// <value>This program, to be started once more: what runs the tests may be dotnet with their assembly.</value>
    public static string File { get; } =
        Path.ChangeExtension(typeof(Program).Assembly.Location, OperatingSystem.IsWindows() ? ".exe" : null);

    public static Task<int> Main(string[] arguments) => arguments switch
    {
        [AddingProcess.Command, ..] => AddingProcess.RunAsync(arguments),
        [DeletingProcess.Command, var root] => DeletingProcess.RunAsync(root),
        _ when arguments.Contains("--server") || arguments.Contains("--internal-msbuild-node") =>
            TestPlatformTestFramework.RunAsync(arguments, SelfRegisteredExtensions.AddSelfRegisteredExtensions),
        _ => ConsoleRunner.Run(arguments),
    };
}
