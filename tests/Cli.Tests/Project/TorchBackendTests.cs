using System.Diagnostics;
using System.Text.Json;

namespace LisaOrleans.Cli.Tests;

/// <summary>Which native libraries a build brings along, as MSBuild evaluates the project; nothing is restored.</summary>
public sealed class TorchBackendTests
{
    [Fact]
    public async Task TorchBackend_cuda_takes_the_cuda_libraries_instead_of_the_cpu_ones()
    {
        var packages = await Packages("cuda");
        Assert.Contains("TorchSharp", packages);
        Assert.Contains("TorchSharp-cuda-linux", packages);
        Assert.DoesNotContain(packages, p => p.StartsWith("libtorch-cpu", StringComparison.Ordinal));
    }

    [Fact]
    public async Task TorchBackend_cpu_takes_the_cpu_libraries_of_this_system()
    {
        var packages = await Packages("cpu");
        Assert.Contains("TorchSharp", packages);
        Assert.Single(packages, p => p.StartsWith("libtorch-cpu-", StringComparison.Ordinal));
        Assert.DoesNotContain(packages, p => p.Contains("cuda", StringComparison.Ordinal));
    }

    private static async Task<string[]> Packages(string backend)
    {
        var start = new ProcessStartInfo(
            Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet",
            ["msbuild", "-nologo", "-getItem:PackageReference", $"-p:TorchBackend={backend}", "src/Model/LisaOrleans.Model.csproj"])
        {
            WorkingDirectory = Repository.Root,
            RedirectStandardOutput = true,
        };

        // What a surrounding `dotnet test` tells its own MSBuild is not for this one.
        foreach (var name in start.Environment.Keys.Where(k => k.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase)).ToArray())
            start.Environment.Remove(name);
        using var process = Process.Start(start)!;
        var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, process.ExitCode);
        using var items = JsonDocument.Parse(output);
        return [
            .. items.RootElement.GetProperty("Items").GetProperty("PackageReference")
                .EnumerateArray().Select(p => p.GetProperty("Identity").GetString()!)];
    }
}
