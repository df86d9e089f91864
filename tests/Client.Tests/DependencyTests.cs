using System.Text.Json;

namespace LisaOrleans.Client.Tests;

/// <summary>A service that uses the client gets no native libraries with it.</summary>
public sealed class DependencyTests
{
    private static readonly string[] s_forbidden = [
        "TorchSharp", "libtorch", "Microsoft.ML.", "LisaOrleans.Model", "LisaOrleans.Grains", "LisaOrleans.Silo"];

    [Fact]
    public void LisaClient_dependencies_include_no_torch()
    {
        // The test program refers to the client and to nothing else of ours.
        var libraries = Libraries(Path.Combine(AppContext.BaseDirectory, "LisaOrleans.Client.Tests.deps.json"));
        Assert.Contains(libraries, l => l.StartsWith("LisaOrleans.Client/", StringComparison.Ordinal));
        Assert.Contains(libraries, l => l.StartsWith("LisaOrleans.Checkpoints/", StringComparison.Ordinal));
        Assert.DoesNotContain(libraries, l => s_forbidden.Any(f => l.StartsWith(f, StringComparison.OrdinalIgnoreCase)));
    }

    [Fact]
    public void Libraries_program_with_torch_is_noticed()
    {
        const string Deps = """{"libraries":{"LisaOrleans.Client/1.0.0":{},"TorchSharp/0.1.0":{}}}""";
        using var folder = new TempFolder();
        File.WriteAllText(folder["x.deps.json"], Deps);
        Assert.Contains(Libraries(folder["x.deps.json"]), l => s_forbidden.Any(f => l.StartsWith(f, StringComparison.OrdinalIgnoreCase)));
    }

    private static string[] Libraries(string deps)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(deps));
        return [.. document.RootElement.GetProperty("libraries").EnumerateObject().Select(l => l.Name)];
    }
}
