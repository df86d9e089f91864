using System.Text.Json;

namespace LisaOrleans.Cli.Tests;

/// <summary>A damaged blob ends the run with one line that says what the blob is to the run; nothing else is lost.</summary>
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
        var (settings, data, weights, tokenizer) = Blobs(store);
        await Damage(store, settings, () => Says(command, $"the settings of run 'default' (blob {settings}) is damaged"));
        await Damage(store, data, () => Says(command, $"the training data of run 'default' (blob {data}) is damaged"));
        await Damage(store, weights, () => Says(command, $"the weights of head of run 'default' (blob {weights}) is damaged"));
        Assert.Equal("failed", Head(store).GetProperty("State").GetString());
        Assert.Contains(weights, Head(store).GetProperty("Error").GetString(), StringComparison.Ordinal);

        // Needed when the model is written, but looked at before anything is trained.
        await Lose(store, tokenizer, () => Says(command, $"tokenizer.model of run 'default' (blob {tokenizer}) is missing"));
        await Lose(store, settings, () => Says(command, $"the settings of run 'default' (blob {settings}) is missing"));

        // Tokens are made anew from the data that the command names. They are the same, so the run goes on.
        await Lose(store, data, GoesOn);
        Assert.True(File.Exists(PathOf(store, data)));

        async Task GoesOn()
        {
            using var next = Lisa.Start(command);
            Assert.True(await next.WaitForLineAsync(l => l.StartsWith("step ", StringComparison.Ordinal), Token));
        }
    }

    private static async Task Damage(string store, string sha256, Func<Task> meanwhile)
    {
        var bytes = await File.ReadAllBytesAsync(PathOf(store, sha256), Token);
        DamagedBlobs.Damage(store, sha256);
        await meanwhile();
        await File.WriteAllBytesAsync(PathOf(store, sha256), bytes, Token);
    }

    private static async Task Lose(string store, string sha256, Func<Task> meanwhile)
    {
        var bytes = await File.ReadAllBytesAsync(PathOf(store, sha256), Token);
        File.Delete(PathOf(store, sha256));
        await meanwhile();
        await File.WriteAllBytesAsync(PathOf(store, sha256), bytes, Token);
    }

    private static string PathOf(string store, string sha256) => Path.Combine(store, "blobs", sha256[..2], sha256);

    private static async Task Says(string[] command, string what)
    {
        var result = await Lisa.RunAsync(command);
        Assert.InRange(result.ExitCode, 1, 2);
        Assert.Contains(what, result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("\nstep ", "\n" + result.Output, StringComparison.Ordinal);
        Assert.Equal(1, result.Error.Split('\n').Count(l => l.StartsWith("lisa: ", StringComparison.Ordinal)));
        Assert.DoesNotContain("   at ", result.Error, StringComparison.Ordinal);
    }

    private static JsonElement Head(string store)
    {
        using var head = JsonDocument.Parse(File.ReadAllText(Path.Combine(store, "runs", "default", "head.json")));
        return head.RootElement.Clone();
    }

    private static (string Settings, string Data, string Weights, string Tokenizer) Blobs(string store)
    {
        using var manifest = JsonDocument.Parse(File.ReadAllText(PathOf(store, Sha256(Head(store).GetProperty("Manifest")))));
        var root = manifest.RootElement;
        return (
            Sha256(root.GetProperty("Spec")), Sha256(root.GetProperty("Dataset")),
            Sha256(root.GetProperty("Parts").GetProperty("head").GetProperty("Weights")),
            Sha256(root.GetProperty("Files").GetProperty("tokenizer.model")));
    }

    private static string Sha256(JsonElement blob) => blob.GetProperty("Sha256").GetString()!;
}
