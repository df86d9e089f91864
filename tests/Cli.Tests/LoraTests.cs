using System.Text.Json;
using System.Text.Json.Nodes;
using LisaOrleans.Checkpoints;

namespace LisaOrleans.Cli.Tests;

/// <summary>Adapters from the command line: trained, used with their model, and merged into it.</summary>
public sealed class LoraTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Merge_of_a_trained_adapter_says_and_scores_what_the_adapter_does()
    {
        using var folder = new TempFolder();
        await Lisa.SucceedsAsync(
            "train", "--model", Sample.Model, "--data", Sample.Data, "--output", folder["out"], "--threads", "1", "--block-size", "64",
            "--per-device-train-batch-size", "4", "--method", "lora", "--lora-rank", "4", "--lora-alpha", "16", "--use-rslora",
            "--lora-target-modules", "all-linear", "--learning-rate", "1e-2", "--max-steps", "12", "--sample-prompt", "The cat");
        var merge = await Lisa.SucceedsAsync("merge", "--model", Sample.Model, "--adapter", folder["out"], "--output", folder["merged"]);
        Assert.Contains(folder["merged"], merge.Output, StringComparison.Ordinal);

        // Beside an adapter, a setting counts also where it is the default.
        await Lisa.RefusesAsync(
            ["train", "--model", Sample.Model, "--data", Sample.Data, "--output", folder["more"], "--method", "lora", "--adapter", folder["out"],
                "--lora-r", "8"],
            "--lora-r is 8, but that of --adapter is 4; leave it out");

        string[][] models = [["--model", folder["merged"]], ["--model", Sample.Model, "--adapter", folder["out"]], ["--model", folder["out"]]];
        var (texts, losses) = (new List<string>(), new List<double>());
        foreach (var model in models.Append(["--model", Sample.Model]))
        {
            texts.Add((await Lisa.SucceedsAsync(["generate", .. model, "--prompt", "The fox", "--max-new-tokens", "64"])).Output);
            var eval = await Lisa.SucceedsAsync(["eval", .. model, "--data", Sample.HeldOut, "--log-format", "json"]);
            using var scores = JsonDocument.Parse(eval.Output);
            losses.Add(scores.RootElement.GetProperty("loss").GetDouble());
        }

        Assert.Single(texts.Take(3).Distinct());
        Assert.NotEqual(texts[1], texts[3]);
        var more = await Lisa.SucceedsAsync(
            "train", "--model", Sample.Model, "--data", Sample.Data, "--output", folder["more"], "--threads", "1", "--block-size", "64", "--method",
            "lora", "--adapter", folder["out"], "--max-steps", "1", "--sample-prompt", "The fox");
        Assert.Contains($"sample before: The fox -> {texts[1].Trim().ReplaceLineEndings(" ")}\n", more.Output, StringComparison.Ordinal);
        Assert.Equal(losses[1], losses[2]);
        Assert.Equal(losses[1], losses[0], 1e-3);
        Assert.True(losses[1] < losses[3] - 0.1, $"{losses[1]} with the adapter, {losses[3]} without");
    }

    [Fact]
    public async Task Merge_refuses_what_is_no_adapter_of_the_model()
    {
        using var folder = new TempFolder();
        await Refuses("adapter_config.json", Sample.Model);
        await Refuses("--output", Sample.Model, folder["x"], Sample.Model);
        var adapter = folder["adapter"];
        Directory.CreateDirectory(adapter);
        var config = new JsonObject { ["peft_type"] = "LORA", ["r"] = 2, ["target_modules"] = new JsonArray("q_proj") };
        await File.WriteAllTextAsync(Path.Combine(adapter, "adapter_config.json"), config.ToJsonString(), Token);
        await Refuses("adapter_model.safetensors", adapter);

        // Of another model.
        await SafetensorsWriter.WriteFileAsync(Path.Combine(adapter, "adapter_model.safetensors"), [], null, Token);
        await Refuses("'base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight' is missing", adapter);
        config["peft_type"] = "IA3";
        await File.WriteAllTextAsync(Path.Combine(adapter, "adapter_config.json"), config.ToJsonString(), Token);
        await Refuses("field 'peft_type' is 'IA3'; only LORA is supported", adapter);

        Task Refuses(string says, string adapterFolder, string? model = null, string? output = null) => Lisa.RefusesAsync(
            ["merge", "--model", Directory.Exists(model) ? model : Sample.Model, "--adapter", adapterFolder, "--output", output ?? folder["merged"]], says);
    }

    [Fact]
    public async Task Export_as_gguf_of_an_adapter_says_what_to_do()
    {
        using var folder = new TempFolder();
        await Lisa.SucceedsAsync(
            "train", "--model", Sample.Model, "--data", Sample.Data, "--output", folder["out"], "--threads", "1", "--block-size", "64",
            "--method", "lora", "--max-steps", "1");
        await Lisa.RefusesAsync(
            ["export", "default", "--store", folder["out/lisa-store"], "--output", folder["gguf"], "--format", "gguf"], "lisa merge");
    }
}
