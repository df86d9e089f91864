using System.Diagnostics;

namespace LisaOrleans.EndToEnd;

/// <summary>Runs scripts with the npm package openai, which eng/test-services.sh installs; skips the test where it is not.</summary>
internal static class NodePackage
{
    private static readonly string s_modules = Path.Combine(Repository.Root, "artifacts", "node", "node_modules");

    /// <summary>Runs a script of the folder OpenAi.</summary>
    /// <param name="script">The file.</param>
    /// <param name="environment">What it is told.</param>
    public static async Task RunAsync(string script, params (string Name, string Value)[] environment) => await RunTextAsync(
        script, await File.ReadAllTextAsync(
            Path.Combine(AppContext.BaseDirectory, "OpenAi", script), TestContext.Current.CancellationToken), environment);

    /// <summary>Runs a script and returns its output, or fails with it in the message.</summary>
    /// <param name="script">What to call it.</param>
    /// <param name="text">What it says.</param>
    /// <param name="environment">What it is told.</param>
    public static async Task<string> RunTextAsync(string script, string text, params (string Name, string Value)[] environment)
    {
        Assert.SkipUnless(
            Directory.Exists(Path.Combine(s_modules, "openai")),
            "the npm package openai is not installed, so THE API WAS NOT TESTED WITH IT: run eng/test-services.sh");

        // Node looks for modules beside the script, so it has to lie beside them.
        var folder = Directory.CreateTempSubdirectory("lisa-openai-");
        try
        {
            Directory.CreateSymbolicLink(Path.Combine(folder.FullName, "node_modules"), s_modules);
            var copy = Path.Combine(folder.FullName, script);
            await File.WriteAllTextAsync(copy, text, TestContext.Current.CancellationToken);
            var start = new ProcessStartInfo("node", [copy]) { RedirectStandardOutput = true, RedirectStandardError = true };
            foreach (var (name, value) in environment) start.Environment[name] = value;
            using var process = Process.Start(start)!;
            try
            {
                var output = process.StandardOutput.ReadToEndAsync();
                var error = process.StandardError.ReadToEndAsync();
                await process.WaitForExitAsync(TestContext.Current.CancellationToken);
                Assert.True(process.ExitCode == 0, $"{script} ended with {process.ExitCode}:\n{await output}\n{await error}");
                return await output;
            }
            finally
            {
                if (!process.HasExited) process.Kill();
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
