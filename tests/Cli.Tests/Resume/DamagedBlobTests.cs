using System.Text.Json;

namespace LisaOrleans.Cli.Tests;

/// <summary>A damaged blob ends the run with one line that says what it is to the run, and nothing else is lost by it.</summary>
public sealed class DamagedBlobTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Train_damaged_blob_is_named_and_put_back_the_run_goes_on()
    {
        using var folder = new TempFolder();
        var command = Sample.Train(folder["out"], more: ["--max-steps", "100000", "--save-steps", "2", "--log-format", "plain"]);
        using (var first = Lisa.Start(command))
        {
            Assert.True(await first.WaitForLineAsync(l => l.StartsWith("step 6/", StringComparison.Ordinal), Token));
            first.Signal(LisaProcess.Interrupt);
            Assert.Equal(130, (await first.EndAsync(Token)).ExitCode);
        }

        var store = folder["out/lisa-store"];
        foreach (var (what, sha256) in Blobs(store))
        {
            var path = Path.Combine(store, "blobs", sha256[..2], sha256);
            var bytes = await File.ReadAllBytesAsync(path, Token);
            var damaged = bytes.ToArray();
            damaged[^1] ^= 1;
            await File.WriteAllBytesAsync(path, damaged, Token);
            await Says(command, $"{what} of run 'default' (blob {sha256}) is damaged");
            File.Delete(path);
            await Says(command, $"{what} of run 'default' (blob {sha256}) is missing");
            await File.WriteAllBytesAsync(path, bytes, Token);
        }

        using var last = Lisa.Start(command);
        Assert.True(await last.WaitForLineAsync(l => l.StartsWith("step ", StringComparison.Ordinal), Token));
    }

    private static async Task Says(string[] command, string what)
    {
        var result = await Lisa.RunAsync(command);
        Assert.InRange(result.ExitCode, 1, 2);
        Assert.Contains(what, result.Error, StringComparison.Ordinal);
        Assert.Equal(1, result.Error.Split('\n').Count(l => l.StartsWith("lisa: ", StringComparison.Ordinal)));
        Assert.DoesNotContain("   at ", result.Error, StringComparison.Ordinal);
    }

    private static IEnumerable<(string What, string Sha256)> Blobs(string store)
    {
        using var head = JsonDocument.Parse(File.ReadAllText(Path.Combine(store, "runs", "default", "head.json")));
        var name = Sha256(head.RootElement.GetProperty("Manifest"));
        using var manifest = JsonDocument.Parse(File.ReadAllText(Path.Combine(store, "blobs", name[..2], name)));
        var root = manifest.RootElement;
        return
        [
            ("the settings", Sha256(root.GetProperty("Spec"))),
            ("the training data", Sha256(root.GetProperty("Dataset"))),
        ];
    }

    private static string Sha256(JsonElement blob) => blob.GetProperty("Sha256").GetString()!;
}
