using System.Text.Json;

namespace LisaOrleans.Cli.Tests;

/// <summary><c>lisa fork</c>, <c>lisa history</c>, <c>lisa train --resume</c> and addresses of manifests, as people use them.</summary>
public sealed class ForkTests : IDisposable
{
    private readonly TempFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Store => _folder["store"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Fork_of_any_kept_manifest_is_resumed_from_the_store_alone_to_the_same_bits()
    {
        await TrainAsync("out", "--max-steps", "12", "--save-steps", "4", "--keep-manifests", "all");
        var history = await HistoryAsync("default");
        Assert.Equal([0, 4, 8, 12], history.Select(h => h.GetProperty("step").GetInt64()));
        Assert.All(history.Skip(1), h => Assert.True(h.GetProperty("loss").GetDouble() > 0));
        Assert.Contains("4 manifests, ", (await Lisa.SucceedsAsync("history", "default", "--store", Store)).Output, StringComparison.Ordinal);

        var forked = await Lisa.SucceedsAsync("fork", "default@4", "--store", Store, "--run-name", "again");
        Assert.Equal("again forked from default@4; 8 of 12 steps to go\n", forked.Output);

        // The same again, on a machine whose variables are there for its silo and for new runs.
        var variables = new Dictionary<string, string>
        {
            ["LISA_STORE"] = Store,
            ["LISA_RUN_NAME"] = "again",
            ["LISA_THREADS"] = "3",
            ["LISA_LEARNING_RATE"] = "0.5",
        };
        using (var process = Lisa.Start(variables, ["fork", "default@4"]))
            Assert.Equal("again was forked from default@4 before; it is at step 4 of 12\n", (await process.EndAsync(Token)).Output);
        Assert.Equal(
            "run 'again': it has taken no step since it began with step 4, and every blob of its manifest is whole\n",
            (await Lisa.SucceedsAsync("verify", "again", "--store", Store)).Output);
        var resumed = await Lisa.SucceedsAsync(
            "train", "--resume", "again", "--store", Store, "--output", _folder["again"], "--log-format", "plain");
        Assert.Contains("resuming run 'again' from step 4 of 12", resumed.Output, StringComparison.Ordinal);
        Assert.Equal(Model("out"), Model("again"));
        Assert.Equal(Ledger("out"), Ledger("again"));

        await Lisa.SucceedsAsync("fork", "default@8", "--store", Store, "--run-name", "other", "--learning-rate", "1e-4", "--max-steps", "14");
        await Lisa.SucceedsAsync("train", "--resume", "other", "--store", Store, "--output", _folder["other"], "--log-format", "plain");
        Assert.NotEqual(Model("out"), Model("other"));
        Assert.Equal(Ledger("out").Take(8), Ledger("other").Take(8));
        Assert.Equal(14, Ledger("other").Length);
    }

    [Fact]
    public async Task Address_is_understood_wherever_a_run_or_model_is()
    {
        await TrainAsync("out", "--max-steps", "6", "--save-steps", "3", "--keep-manifests", "all");
        await Lisa.SucceedsAsync("export", "default@3", "--store", Store, "--output", _folder["three"]);
        await Lisa.SucceedsAsync("export", "default@last", "--store", Store, "--output", _folder["last"]);
        Assert.Equal(Model("out"), Model("last"));
        Assert.NotEqual(Model("out"), Model("three"));

        // A run's own block size counts for its data, and only the store knows it.
        foreach (var (command, own) in (IEnumerable<(string[], string[])>)
            [(["generate", "--prompt", "The owl", "--max-new-tokens", "8"], []), (["eval", "--data", Sample.Data], ["--block-size", "64"])])
        {
            var stored = await Lisa.SucceedsAsync([.. command, "--model", "default@3", "--store", Store, "--threads", "1"]);
            var exported = await Lisa.SucceedsAsync([.. command, .. own, "--model", _folder["three"], "--threads", "1"]);
            Assert.Equal(exported.Output, stored.Output);
        }

        await Lisa.RefusesAsync(
            ["export", "default@5", "--store", Store, "--output", _folder["x"]],
            "run 'default'", "no manifest of step 5; it keeps those of steps 0, 3, 6");
        await Lisa.RefusesAsync(["export", "default@best", "--store", Store, "--output", _folder["x"]], "--keep-manifests best:eval_loss");
        await Lisa.RefusesAsync(["fork", "default@first", "--store", Store, "--run-name", "x"], "after '@' comes a step");
        await Lisa.RefusesAsync(["generate", "--prompt", "x", "--model", "nobody@3", "--store", Store], "has no run 'nobody'");
        await Lisa.RefusesAsync(["fork", "default@3", "--store", Store], "--run-name is missing");
        await Lisa.RefusesAsync(["fork", "default@3", "--store", Store, "--run-name", "x", "--dtype", "bfloat16"], "--dtype cannot change in a fork");
        await Lisa.RefusesAsync(["fork", "default@3", "--store", Store, "--run-name", "x", "--template", "plain"], "--template", "in a fork");
        await Lisa.RefusesAsync(["history", "nobody", "--store", Store], "has no run 'nobody'");
    }

    [Fact]
    public async Task Train_resume_goes_on_after_a_kill_and_refuses_what_contradicts_the_store()
    {
        string[] settings = ["--max-steps", "60", "--save-steps", "3"];
        using (var first = Lisa.Start(Sample.Train(_folder["out"], more: [.. settings, "--store", Store, "--log-format", "plain"])))
        {
            Assert.True(await first.WaitForLineAsync(l => l.StartsWith("manifest of step 6 ", StringComparison.Ordinal), Token));
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
        Assert.Contains("run 'default' is complete (60 steps)", again.Output, StringComparison.Ordinal);
        await Lisa.SucceedsAsync(Sample.Train(_folder["whole"], more: settings));
        Assert.Equal(Model("whole"), Model("out"));
    }

    private Task<LisaResult> TrainAsync(string output, params string[] more) =>
        Lisa.SucceedsAsync(Sample.Train(_folder[output], more: [.. more, "--store", Store, "--log-format", "plain"]));

    private async Task<JsonElement[]> HistoryAsync(string run)
    {
        var result = await Lisa.SucceedsAsync("history", run, "--store", Store, "--log-format", "json");
        using var json = JsonDocument.Parse(result.Output);
        return [.. json.RootElement.Clone().EnumerateArray()];
    }

    private byte[] Model(string output) => File.ReadAllBytes(Path.Combine(_folder[output], "model.safetensors"));

    private string[] Ledger(string output) => File.ReadAllLines(Path.Combine(_folder[output], "ledger.jsonl"));
}
