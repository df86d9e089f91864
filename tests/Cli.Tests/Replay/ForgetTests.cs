using System.Text.Json;

namespace LisaOrleans.Cli.Tests;

/// <summary>A run that has forgotten samples has the bytes of one that masked them from the start.</summary>
public sealed class ForgetTests(TrainedRuns runs)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1, false)]
    [InlineData(10, true)]
    public async Task Forget_has_the_bytes_of_a_run_that_masked_the_samples_from_the_start(int count, bool packing)
    {
        using var folder = new TempFolder();
        string[] settings = ["--max-steps", packing ? "12" : $"{TrainedRuns.Steps}", "--save-steps", "3", "--packing", packing ? "true" : "false"];
        if (packing) await Lisa.SucceedsAsync(Sample.Train(folder["run"], more: [.. settings, "--keep-manifests", "all"]));
        else TrainedRuns.Copy(await runs.WholeAsync(), folder["run"]);

        // From a later step on, so that there is something to keep.
        var used = Ledger(folder["run"]);
        var late = used.SelectMany(s => s).Distinct()
            .Where(s => Array.FindIndex(used, u => u.Contains(s)) >= (packing ? 4 : 9)).Take(count).ToArray();
        Assert.Equal(count, late.Length);
        await File.WriteAllLinesAsync(folder["samples.txt"], late.Select(s => $"{s}"), Token);
        await Lisa.SucceedsAsync(Sample.Train(folder["masked"], more: [.. settings, "--mask-samples", folder["samples.txt"]]));

        // A kill amid it: KilledCommandTests.
        string[] forget = Forget(folder);
        var result = await Lisa.SucceedsAsync(forget);
        Assert.Equal(RunFolder.WeightsSha(folder["masked"]), RunFolder.WeightsSha(folder["forgotten"]));
        Assert.Equal(RunFolder.Log(folder["masked"]), RunFolder.Log(folder["forgotten"]));
        Assert.NotEqual(RunFolder.WeightsSha(folder["run"]), RunFolder.WeightsSha(folder["forgotten"]));
        Assert.Matches("forgotten: [0-9]+ steps repeated in [0-9.]+ minutes", result.Output);

        using var certificate = JsonDocument.Parse(await File.ReadAllTextAsync(folder["forgotten/forget-certificate.json"], Token));
        var root = certificate.RootElement;
        Assert.Equal(late.Order(), root.GetProperty("samples").EnumerateArray().Select(s => s.GetInt32()));
        var first = Array.FindIndex(used, u => u.Any(late.Contains)) + 1;
        Assert.Equal(first, root.GetProperty("first_used_in_step").GetInt32());
        Assert.Equal((first - 1) / 3 * 3, root.GetProperty("went_back_to").GetProperty("step").GetInt32());
        Assert.Equal(
            RunFolder.WeightsSha(folder["forgotten"]),
            root.GetProperty("result").GetProperty("files").GetProperty("model.safetensors").GetString());
        Assert.DoesNotContain(Ledger(folder["forgotten"]).SelectMany(s => s), late.Contains);

        if (packing) return;

        // Once more, and for other samples under the same name.
        await Lisa.SucceedsAsync(forget);
        await File.WriteAllTextAsync(folder["samples.txt"], $"{used[^1][0]}\n", Token);
        var other = await Lisa.RunAsync(forget);
        Assert.Equal(2, other.ExitCode);
        Assert.Contains("mask_samples: was [", other.Error, StringComparison.Ordinal);
        Assert.Contains("another run name", other.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("--overwrite", other.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Forget_wrong_input_or_no_manifest_to_go_back_to_is_refused()
    {
        using var folder = new TempFolder();
        TrainedRuns.Copy(await runs.ShortAsync(), folder["run"]);
        await File.WriteAllTextAsync(folder["samples.txt"], $"{Ledger(folder["run"])[0][0]}\n", Token);
        await LisaMain.RefusesAsync(Forget(folder), "keeps no manifest from before it", "--keep-manifests all");
        await File.WriteAllTextAsync(folder["samples.txt"], "160\n", Token);
        await LisaMain.RefusesAsync(Forget(folder), "names sample 160; the training data has samples 0 to 159");
        var never = Enumerable.Range(0, 160).Except(Ledger(folder["run"]).SelectMany(s => s)).First();
        await File.WriteAllTextAsync(folder["samples.txt"], $"{never}\n", Token);
        await LisaMain.RefusesAsync(Forget(folder), "learned from none of these samples");
        await LisaMain.RefusesAsync([.. Forget(folder).Except(["--run-name", "without"])], "--run-name is missing");
        Assert.False(Directory.Exists(folder["forgotten"]));
    }

    private static string[] Forget(TempFolder folder) =>
    [
        "forget", "default", "--store", TrainedRuns.Store(folder["run"]), "--samples", folder["samples.txt"], "--run-name", "without",
        "--output", folder["forgotten"], "--log-format", "plain",
    ];

    private static int[][] Ledger(string output) =>
        [.. File.ReadLines(Path.Combine(output, "ledger.jsonl")).Select(line =>
        {
            using var entry = JsonDocument.Parse(line);
            return entry.RootElement.GetProperty("samples").EnumerateArray().Select(s => s.GetInt32()).ToArray();
        })];
}
