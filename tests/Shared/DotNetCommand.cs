using System.Diagnostics;

namespace LisaOrleans.Tests;

/// <summary>The SDK's program, as somebody at a keyboard would run it.</summary>
internal static class DotNetCommand
{
    /// <summary>Runs it to its end; the test fails with what it said if that is not well.</summary>
    /// <param name="folder">Where.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <param name="environment">Variables that it gets; null for none.</param>
    /// <returns>What it said.</returns>
    public static async Task<string> SucceedsAsync(
        string folder, IEnumerable<string> arguments, CancellationToken cancellationToken, IReadOnlyDictionary<string, string>? environment = null)
    {
        var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
        };

        // What a surrounding `dotnet test` tells its own MSBuild is not for this one.
        foreach (var name in start.Environment.Keys.Where(k => k.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase)).ToArray())
            start.Environment.Remove(name);
        foreach (var (name, value) in environment ?? new Dictionary<string, string>()) start.Environment[name] = value;
        using var process = Process.Start(start)!;
        var text = await process.StandardOutput.ReadToEndAsync(cancellationToken);
        await process.WaitForExitAsync(cancellationToken);
        Assert.True(process.ExitCode == 0, text);
        return text;
    }
}
