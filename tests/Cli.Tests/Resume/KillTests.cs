namespace LisaOrleans.Cli.Tests;

/// <summary>The process is killed; the same command goes on as if nothing had happened.</summary>
public sealed class KillTests(TrainedRuns runs)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1, "lisa", "float32", "4")]
    [InlineData(2, "full", "bfloat16", "1")]
    public async Task Train_killed_again_and_again_ends_with_the_same_bytes(int seed, string method, string dtype, string saveSteps)
    {
        using var folder = new TempFolder();
        string[] settings = ["--max-steps", $"{TrainedRuns.Steps}", "--method", method, "--dtype", dtype, "--compute-dtype", "float32"];
        if (method == "full") await Lisa.SucceedsAsync(Sample.Train(folder["straight"], more: settings));
        var straight = method == "full" ? folder["straight"] : await runs.WholeAsync();

        var command = Sample.Train(folder["killed"], more: [.. settings, "--save-steps", saveSteps]);
        var random = new Random(seed);
        await KillDuringImport(command, folder["killed/lisa-store/blobs"]);
        for (var kills = 0; kills < 2; kills++)
        {
            // A line for each step and each manifest: some moments are between a step and its manifest, some amid an upload.
            using var process = Lisa.Start(command);
            var lines = random.Next(1, 9);
            if (!await process.WaitForLineAsync(l => IsProgress(l) && --lines == 0, Token)) break;
            Thread.SpinWait(random.Next(2_000_000));
            await process.KillAsync(Token);
        }

        await Lisa.SucceedsAsync(command);
        RunFolder.AreEqual(straight, folder["killed"], TrainedRuns.Steps);
    }

    // The two kinds of families with experts (a tensor for each expert, one for all of them), by their own tensor names; FamilyTests cover
    // all families, without the kill.
    [Theory]
    [InlineData("qwen3_moe")]
    [InlineData("gpt_oss")]
    public async Task Train_family_killed_amid_its_steps_ends_with_the_same_bytes(string family)
    {
        using var folder = new TempFolder();
        await FamilyFolder.WriteAsync(folder["model"], family, Token);
        string[] settings = [
            "--max-steps", $"{TrainedRuns.Steps}", "--dtype", "bfloat16", "--compute-dtype", "float32", "--block-size", "16",
            "--lisa-activated-layers", "1", "--save-steps", "3"];
        await Lisa.SucceedsAsync(Sample.Train(folder["straight"], folder["model"], more: settings));
        Assert.Empty(FamilyExport.Faults(folder["model"], folder["straight"], "bfloat16"));

        var command = Sample.Train(folder["killed"], folder["model"], more: settings);
        using (var process = Lisa.Start(command))
        {
            Assert.True(await process.WaitForLineAsync(l => l.StartsWith("step 5/", StringComparison.Ordinal), Token));
            await process.KillAsync(Token);
        }

        await Lisa.SucceedsAsync(command);
        RunFolder.AreEqual(folder["straight"], folder["killed"], TrainedRuns.Steps);
    }

    private static async Task KillDuringImport(string[] command, string blobs)
    {
        using var process = Lisa.Start(command);
        while (!Directory.Exists(blobs) || Directory.GetFiles(blobs, "*", SearchOption.AllDirectories).Length == 0)
            await Task.Delay(1, Token);
        await process.KillAsync(Token);
    }

    private static bool IsProgress(string line) =>
        line.StartsWith("step ", StringComparison.Ordinal) || line.StartsWith("manifest ", StringComparison.Ordinal);
}
