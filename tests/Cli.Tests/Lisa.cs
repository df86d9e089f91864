// Tests here mostly wait for processes, and some for time to pass: a third fills what two leave of two cores.
[assembly: Xunit.v3.Parallelization(MaxThreads = 3)]

namespace LisaOrleans.Cli.Tests;

/// <summary>Starts the program as it was built, <c>artifacts/bin/LisaOrleans.Cli/…/lisa</c>, as a process.</summary>
internal static class Lisa
{
    // The folder of the test binary is artifacts/bin/LisaOrleans.Cli.Tests/CONFIGURATION.
    public static string Program { get; } = Path.GetFullPath(Path.Combine(
        AppContext.BaseDirectory, "..", "..", "LisaOrleans.Cli", new DirectoryInfo(AppContext.BaseDirectory).Name,
        OperatingSystem.IsWindows() ? "lisa.exe" : "lisa"));

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static LisaProcess Start(params IEnumerable<string> arguments) => new(Program, arguments);

    /// <summary>The same with variables that it gets.</summary>
    public static LisaProcess Start(IReadOnlyDictionary<string, string> environment, IEnumerable<string> arguments) =>
        new(Program, arguments, environment);

    /// <summary>The same command twice, as a shell's loop whose signals both get (on Linux).</summary>
    public static LisaProcess StartLoop(IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null) =>
        OperatingSystem.IsLinux()
            ? new("setsid", ["bash", "-c", "for _ in 1 2; do \"$@\"; done", "bash", Program, .. arguments], environment) { LeadsGroup = true }
            : new(Program, arguments, environment);

    public static async Task<LisaResult> RunAsync(params IEnumerable<string> arguments)
    {
        using var process = Start(arguments);
        return await process.EndAsync(Token);
    }

    /// <summary>Runs it and checks that it did what it was to do.</summary>
    public static async Task<LisaResult> SucceedsAsync(params IEnumerable<string> arguments)
    {
        var result = await RunAsync(arguments);
        Assert.True(result.ExitCode == 0, $"exit code {result.ExitCode}: {result.Error}");
        return result;
    }

    /// <summary>Runs it and checks that it refuses: exit code 2, nothing done, and one line that says all of this.</summary>
    public static async Task RefusesAsync(IEnumerable<string> arguments, params string[] says) => AssertRefused(await RunAsync(arguments), says);

    /// <summary>Checks that it refused.</summary>
    public static void AssertRefused(LisaResult result, params string[] says)
    {
        Assert.True(result.ExitCode == 2, $"exit code {result.ExitCode}: {result.Output}{result.Error}");
        Assert.Empty(result.Output);
        var line = Assert.Single(result.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.StartsWith("lisa: ", line, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', line);
        Assert.DoesNotContain("(Parameter '", line, StringComparison.Ordinal);
        Assert.All(says, s => Assert.Contains(s, line, StringComparison.Ordinal));
    }
}
