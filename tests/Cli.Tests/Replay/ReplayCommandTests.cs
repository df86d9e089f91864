using System.Text.Json;

namespace LisaOrleans.Cli.Tests;

/// <summary><c>lisa verify</c> and <c>lisa diff</c> as processes.</summary>
public sealed class ReplayCommandTests(TrainedRuns runs)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Verify_untouched_run_is_attested_and_a_changed_one_is_not()
    {
        using var folder = new TempFolder();
        TrainedRuns.Copy(TrainedRuns.Store(await runs.WholeAsync()), folder["store"]);
        using (var killed = Lisa.Start("verify", "default", "--store", folder["store"]))
        {
            await killed.KillAsync(Token);
        }

        var verified = await Lisa.SucceedsAsync(
            "verify", "default", "--store", folder["store"], "--steps", "4..9", "--attest", folder["statement.json"]);
        Assert.Contains("steps 4 to 9 were repeated, and 3 manifests are the same to the bit", verified.Output, StringComparison.Ordinal);
        Assert.Equal(
            "run 'default': step 1 was repeated, and 1 manifest is the same to the bit\n",
            (await Lisa.SucceedsAsync("verify", "default", "--store", folder["store"], "--steps", "1..1")).Output);
        using (var other = Lisa.Start(
            new Dictionary<string, string> { ["ATEN_CPU_CAPABILITY"] = "default", ["CUDA_VISIBLE_DEVICES"] = "" },
            ["verify", "default", "--store", folder["store"], "--steps", "1..1"]))
        {
            var said = await other.EndAsync(Token);
            Assert.Matches("the run was computed on .*, and this machine is .*: they may round sums differently", said.Error);
            Assert.DoesNotContain("or the machine is", said.Error, StringComparison.Ordinal);
        }

        using (var statement = JsonDocument.Parse(await File.ReadAllTextAsync(folder["statement.json"], Token)))
        {
            Assert.Equal("https://in-toto.io/Statement/v1", statement.RootElement.GetProperty("_type").GetString());
            Assert.Equal(
                ["default@3", "default@6", "default@9"],
                statement.RootElement.GetProperty("subject").EnumerateArray().Select(s => s.GetProperty("name").GetString()));
            var predicate = statement.RootElement.GetProperty("predicate");
            Assert.Equal("tiny-stories", predicate.GetProperty("base").GetProperty("name").GetString());
            Assert.Equal(64, predicate.GetProperty("base").GetProperty("digest").GetProperty("sha256").GetString()!.Length);
            Assert.Equal(1, predicate.GetProperty("machine").GetProperty("threads").GetInt32());
            var kind = predicate.GetProperty("machine").GetProperty("kind").GetString();
            Assert.Equal([kind], predicate.GetProperty("computed_on").EnumerateArray().Select(k => k.GetString()));
        }

        foreach (var (steps, says) in ((string, string)[])[("6", "such as 1..20"), ("4..3", "such as 1..20"), ("1..25", "has 24 steps")])
            await LisaMain.RefusesAsync(["verify", "default", "--store", folder["store"], "--steps", steps], says);
        await LisaMain.RefusesAsync(["verify", "other", "--store", folder["store"]], "has no run 'other'");
        foreach (var (file, says) in ((string, string)[])[("no/statement.json", "no such folder"), ("store", "must be a file, not a folder")])
            await LisaMain.RefusesAsync(["verify", "default", "--store", folder["store"], "--attest", folder[file]], "--attest: ", says);

        var diff = await Lisa.SucceedsAsync("diff", "default@3", "default@6", "--store", folder["store"]);
        Assert.Matches("embedding +L2 [0-9.e+-]+  max [0-9.e+-]+  [0-9]+ numbers differ", diff.Output);
        Assert.Contains(
            "all parts have the same weights", (await Lisa.SucceedsAsync("diff", "default@24", "default", "--store", folder["store"])).Output,
            StringComparison.Ordinal);
        await LisaMain.RefusesAsync(["diff", "default@3", "default@4", "--store", folder["store"]], "keeps no manifest of step 4");

        using var head = JsonDocument.Parse(await File.ReadAllTextAsync(folder["store/runs/default/head.json"], Token));
        var list = head.RootElement.GetProperty("Kept")[0].GetProperty("Blob").GetProperty("Sha256").GetString()!;
        var path = Directory.GetFiles(folder["store/blobs"], list, SearchOption.AllDirectories).Single();
        File.Move(path, folder["list"]);
        var missing = await Lisa.RunAsync("verify", "default", "--store", folder["store"]);
        Assert.Equal(1, missing.ExitCode);
        Assert.Contains("run 'default' cannot be repeated: ", missing.Error, StringComparison.Ordinal);
        Assert.Contains($"the list of manifests of run 'default' (blob {list}) is missing", missing.Error, StringComparison.Ordinal);
        File.Move(folder["list"], path);

        var largest = Directory.GetFiles(folder["store/blobs"], "*", SearchOption.AllDirectories).MaxBy(f => new FileInfo(f).Length)!;
        var bytes = await File.ReadAllBytesAsync(largest, Token);
        bytes[bytes.Length / 2] ^= 1;
        await File.WriteAllBytesAsync(largest, bytes, Token);
        var wrong = await Lisa.RunAsync("verify", "default", "--store", folder["store"]);
        Assert.Equal(1, wrong.ExitCode);
        Assert.Contains(Path.GetFileName(largest), wrong.Error, StringComparison.Ordinal);
        Assert.Contains("is damaged", wrong.Error, StringComparison.Ordinal);
    }
}
