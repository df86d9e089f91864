using System.Text.Json;

namespace LisaOrleans.Cli.Tests;

/// <summary><c>lisa fork</c>, <c>lisa history</c>, <c>lisa train --resume</c> and addresses of manifests, as people use them.</summary>
public sealed class ForkTests(TrainedRuns runs) : IDisposable
{
    private readonly TempFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Store => _folder["store"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Fork_of_any_kept_manifest_is_resumed_from_the_store_alone_to_the_same_bits()
    {
        var whole = await runs.WholeAsync();
        TrainedRuns.Copy(TrainedRuns.Store(whole), Store);
        var history = await HistoryAsync("default");
        Assert.Equal([0, 3, 6, 9, 12, 15, 18, 21, 24], history.Select(h => h.GetProperty("step").GetInt64()));
        Assert.All(history.Skip(1), h => Assert.True(h.GetProperty("loss").GetDouble() > 0));
        Assert.Contains("9 manifests, ", (await Lisa.SucceedsAsync("history", "default", "--store", Store)).Output, StringComparison.Ordinal);

        var forked = await Lisa.SucceedsAsync("fork", "default@12", "--store", Store, "--run-name", "again");
        Assert.Equal("again forked from default@12; 12 of 24 steps to go\n", forked.Output);

        // The same again, on a machine whose variables are there for its silo and for new runs.
        var variables = new Dictionary<string, string>
        {
            ["LISA_STORE"] = Store,
            ["LISA_RUN_NAME"] = "again",
            ["LISA_THREADS"] = "3",
            ["LISA_LEARNING_RATE"] = "0.5",
        };
        using (var process = Lisa.Start(variables, ["fork", "default@12"]))
            Assert.Equal("again was forked from default@12 before; it is at step 12 of 24\n", (await process.EndAsync(Token)).Output);
        Assert.Equal(
            "run 'again': it has taken no step since it began with step 12, and every blob of its manifest is whole\n",
            (await Lisa.SucceedsAsync("verify", "again", "--store", Store)).Output);
        var resumed = await Lisa.SucceedsAsync(
            "train", "--resume", "again", "--store", Store, "--output", _folder["again"], "--log-format", "plain");
        Assert.Contains("resuming run 'again' from step 12 of 24", resumed.Output, StringComparison.Ordinal);
        RunFolder.AreEqual(whole, _folder["again"], TrainedRuns.Steps);

        await Lisa.SucceedsAsync("fork", "default@21", "--store", Store, "--run-name", "other", "--learning-rate", "1e-4", "--max-steps", "26");
        await Lisa.SucceedsAsync("train", "--resume", "other", "--store", Store, "--output", _folder["other"], "--log-format", "plain");
        Assert.NotEqual(RunFolder.WeightsSha(whole), RunFolder.WeightsSha(_folder["other"]));
        Assert.Equal(Ledger(whole).Take(21), Ledger(_folder["other"]).Take(21));
        Assert.Equal(26, Ledger(_folder["other"]).Length);
    }

    [Fact]
    public async Task Address_is_understood_wherever_a_run_or_model_is()
    {
        var whole = await runs.WholeAsync();
        var store = TrainedRuns.Store(whole);
        await Lisa.SucceedsAsync("export", "default@3", "--store", store, "--output", _folder["three"]);
        await Lisa.SucceedsAsync("export", "default@last", "--store", store, "--output", _folder["last"]);
        Assert.Equal(RunFolder.WeightsSha(whole), RunFolder.WeightsSha(_folder["last"]));
        Assert.NotEqual(RunFolder.WeightsSha(whole), RunFolder.WeightsSha(_folder["three"]));

        // A run's own block size counts for its data, and only the store knows it.
        foreach (var (command, own) in (IEnumerable<(string[], string[])>)
            [
                (["generate", "--prompt", "The owl", "--max-new-tokens", "8"], []),
                (["eval", "--data", Sample.Data], ["--block-size", $"{Sample.BlockSize}"]),
            ])
        {
            var stored = await Lisa.SucceedsAsync([.. command, "--model", "default@3", "--store", store, "--threads", "1"]);
            var exported = await Lisa.SucceedsAsync([.. command, .. own, "--model", _folder["three"], "--threads", "1"]);
            Assert.Equal(exported.Output, stored.Output);
        }

        await LisaMain.RefusesAsync(
            ["export", "default@5", "--store", store, "--output", _folder["x"]],
            "run 'default'", "no manifest of step 5; it keeps those of steps 0, 3, 6, 9, 12, 15, 18, 21, 24");
        await LisaMain.RefusesAsync(["export", "default@best", "--store", store, "--output", _folder["x"]], "--keep-manifests best:eval_loss");
        await LisaMain.RefusesAsync(["fork", "default@first", "--store", store, "--run-name", "x"], "after '@' comes a step");
        await LisaMain.RefusesAsync(["generate", "--prompt", "x", "--model", "nobody@3", "--store", store], "has no run 'nobody'");
        await LisaMain.RefusesAsync(["fork", "default@3", "--store", store], "--run-name is missing");
        string[] fork = ["fork", "default@3", "--store", store, "--run-name", "x"];
        await LisaMain.RefusesAsync([.. fork, "--dtype", "bfloat16"], "--dtype cannot change in a fork");
        await LisaMain.RefusesAsync([.. fork, "--template", "plain"], "--template", "in a fork");
        await LisaMain.RefusesAsync(["history", "nobody", "--store", store], "has no run 'nobody'");
    }

    [Fact]
    public async Task Train_resume_goes_on_after_a_kill_and_refuses_what_contradicts_the_store()
    {
        string[] settings = ["--max-steps", $"{TrainedRuns.Steps}", "--save-steps", "3"];
        using (var first = Lisa.Start(Sample.Train(_folder["out"], more: [.. settings, "--store", Store, "--log-format", "plain"])))
        {
            Assert.True(await first.WaitForLineAsync(l => l.StartsWith("manifest of step 3 ", StringComparison.Ordinal), Token));
            await first.KillAsync(Token);
        }

        string[] resume = ["train", "--resume", "default", "--store", Store, "--output", _folder["out"]];
        await Lisa.RefusesAsync([.. resume, "--run-name", "other"], "--run-name is 'other', but --resume names 'default'");
        await Lisa.RefusesAsync([.. resume, "--data", Sample.Data], "--data", "are in the store; leave it out");
        await Lisa.RefusesAsync([.. resume, "--overwrite"], "--overwrite", "both resumed and started over");
        await Lisa.RefusesAsync(["train", "--resume", "nobody", "--store", Store, "--output", _folder["x"]], "has no run 'nobody'");
        var changed = await Lisa.RunAsync([.. resume, "--learning-rate", "0.5"]);
        Assert.Equal(2, changed.ExitCode);
        Assert.Contains("learning_rate: was 0.001, now 0.5", changed.Error, StringComparison.Ordinal);

        // What changes no bit may change, and files that are named are compared.
        var resumed = await Lisa.SucceedsAsync([.. resume, "--save-steps", "20", "--log-format", "plain"]);
        Assert.Contains("resuming run 'default' from step ", resumed.Output, StringComparison.Ordinal);
        var again = await Lisa.SucceedsAsync([.. resume, "--log-format", "plain", "--model", Sample.Model, "--data", Sample.Data]);
        Assert.Contains("run 'default' is complete (24 steps)", again.Output, StringComparison.Ordinal);
        RunFolder.AreEqual(await runs.WholeAsync(), _folder["out"], TrainedRuns.Steps);
    }

    private async Task<JsonElement[]> HistoryAsync(string run)
    {
        var result = await Lisa.SucceedsAsync("history", run, "--store", Store, "--log-format", "json");
        using var json = JsonDocument.Parse(result.Output);
        return [.. json.RootElement.Clone().EnumerateArray()];
    }

    private static string[] Ledger(string output) => File.ReadAllLines(Path.Combine(output, "ledger.jsonl"));
}
