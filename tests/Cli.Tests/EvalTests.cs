using System.Text.Json;
using LisaOrleans.Checkpoints;
using LisaOrleans.Data;
using LisaOrleans.Model;
using LisaOrleans.Model.Tests;
using static TorchSharp.torch;

namespace LisaOrleans.Cli.Tests;

public sealed class EvalTests(TrainedRuns runs)
{
    [Fact]
    public async Task Eval_written_folder_has_the_loss_that_the_formulas_give()
    {
        using var folder = new TempFolder();
        var model = await runs.WholeAsync();
        var (loss, count) = MeanLoss(model, Sample.HeldOut);
        foreach (var batchSize in (string[])["1", "7"])
        {
            var eval = await Lisa.SucceedsAsync(
                "eval", "--model", model, "--data", Sample.HeldOut, "--per-device-train-batch-size", batchSize, "--log-format", "json");

            using var scores = JsonDocument.Parse(eval.Output);
            Assert.Equal(loss, scores.RootElement.GetProperty("loss").GetDouble(), 1e-3);
            Assert.Equal(Math.Exp(loss), scores.RootElement.GetProperty("perplexity").GetDouble(), 1e-3 * Math.Exp(loss));
            Assert.Equal(count, scores.RootElement.GetProperty("tokens").GetInt64());
            Assert.Equal(File.ReadLines(Sample.HeldOut).Count(), scores.RootElement.GetProperty("samples").GetInt32());
        }

        var weighted = WeightedLines.Write(Sample.HeldOut, folder["weighted.jsonl"]);
        var evalByWeight = await Lisa.SucceedsAsync("eval", "--model", model, "--data", weighted, "--log-format", "json");
        using var byWeight = JsonDocument.Parse(evalByWeight.Output);
        (var mean, count) = MeanLoss(model, weighted);
        Assert.Equal(mean, byWeight.RootElement.GetProperty("loss").GetDouble(), 1e-3);
        Assert.Equal(count, byWeight.RootElement.GetProperty("tokens").GetInt64());
        Assert.True(Math.Abs(mean - loss) > 2e-3, $"{mean} is too near {loss} to tell them apart");
    }

    [Fact]
    public async Task Eval_reads_what_an_evaluation_in_training_would()
    {
        using var folder = new TempFolder();
        var parts = Directory.CreateDirectory(folder["parts"]).FullName;
        Write(Path.Combine(parts, "train.jsonl"), 40);
        Write(Path.Combine(parts, "test.jsonl"), 3);
        Assert.Equal(3, await SamplesAsync(parts));
        Assert.Equal(40, await SamplesAsync(parts, "--validation-split", "train"));
        Assert.Equal(40, await SamplesAsync(Path.Combine(parts, "train.jsonl")));
        Assert.InRange(await SamplesAsync(Path.Combine(parts, "train.jsonl"), "--validation-split", "0.5"), 1, 39);

        File.Delete(Path.Combine(parts, "test.jsonl"));
        await Lisa.RefusesAsync(["eval", "--model", Sample.Model, "--data", parts], "has no files of split validation, only of train");

        static void Write(string path, int records) =>
            File.WriteAllLines(path, Enumerable.Range(0, records).Select(i => $$"""{"prompt":"Once","completion":" a time {{i}}."}"""));

        static async Task<int> SamplesAsync(string data, params string[] more)
        {
            var eval = await Lisa.SucceedsAsync(["eval", "--model", Sample.Model, "--data", data, "--log-format", "json", .. more]);
            using var scores = JsonDocument.Parse(eval.Output);
            return scores.RootElement.GetProperty("samples").GetInt32();
        }
    }

    [Fact]
    public async Task Train_last_evaluation_is_the_loss_of_the_model_written()
    {
        using var folder = new TempFolder();
        var data = WeightedLines.Write(Sample.HeldOut, folder["weighted.jsonl"]);
        await Lisa.SucceedsAsync(Sample.Train(folder["out"], more: ["--max-steps", "4", "--eval-data", data]));
        using var last = JsonDocument.Parse(File.ReadLines(folder["out/trainer_log.jsonl"]).Last());
        Assert.Equal(MeanLoss(folder["out"], data, blockSize: Sample.BlockSize).Loss, last.RootElement.GetProperty("eval_loss").GetDouble(), 1e-3);
    }

    [Fact]
    public async Task Eval_and_generate_of_a_run_read_and_write_as_the_run_did_unless_told_otherwise()
    {
        using var folder = new TempFolder();
        foreach (var (file, name) in ((string, string)[])[(Sample.Data, "data.jsonl"), (Sample.HeldOut, "held-out.jsonl")])
            File.WriteAllText(folder[name], File.ReadAllText(file).Replace("\"prompt\"", "\"question\"", StringComparison.Ordinal));
        const string Prompt = "What does the owl eat?";
        string[] settings = ["--prompt-field", "question", "--template", "zephyr", "--max-steps", "4", "--sample-prompt", Prompt];
        var trained = await Lisa.SucceedsAsync(
            Sample.Train(folder["out"], data: folder["data.jsonl"], more: [.. settings, "--eval-data", folder["held-out.jsonl"]]));
        string[] model = ["--model", "default", "--store", folder["out/lisa-store"]];

        using var last = JsonDocument.Parse(File.ReadLines(folder["out/trainer_log.jsonl"]).Last());
        Assert.Equal(last.RootElement.GetProperty("eval_loss").GetDouble(), await LossAsync(folder["held-out.jsonl"]), 1e-3);
        var said = await Lisa.SucceedsAsync(["generate", .. model, "--prompt", Prompt, "--max-new-tokens", "64"]);
        var after = trained.Output.Split('\n').Single(l => l.StartsWith("sample after", StringComparison.Ordinal));
        Assert.EndsWith($"-> {said.Output.Trim().ReplaceLineEndings(" ")}", after, StringComparison.Ordinal);

        // A form that is given takes the place of the run's, its fields with it.
        Assert.Equal(
            await LossAsync(folder["held-out.jsonl"]), await LossAsync(Sample.HeldOut, "--data-format", "prompt-completion"), 1e-9);
        Assert.NotEqual(await LossAsync(folder["held-out.jsonl"]), await LossAsync(folder["held-out.jsonl"], "--template", "plain"), 1e-2);

        async Task<double> LossAsync(string data, params string[] more)
        {
            var eval = await Lisa.SucceedsAsync(["eval", .. model, "--data", data, "--log-format", "json", .. more]);
            using var scores = JsonDocument.Parse(eval.Output);
            return scores.RootElement.GetProperty("loss").GetDouble();
        }
    }

    // One sample at a time: [bos] prompt completion [eos], encoded as one text; completion and eos are scored,
    // as far as the block goes, and count by the record's weight.
    private static (double Loss, long Count) MeanLoss(string model, string data, int blockSize = 256)
    {
        using var scope = NewDisposeScope();
        using var mode = no_grad();
        using var reader = SafetensorsReader.OpenFile(Path.Combine(model, "model.safetensors"));
        var weights = reader.Tensors.Values.ToDictionary(t => t.Name, t =>
        {
            var bytes = reader.ReadBytes(t);
            return tensor(Enumerable.Range(0, bytes.Length / 4).Select(i => BitConverter.ToSingle(bytes, 4 * i)).ToArray(), [.. t.Shape]);
        });
        var config = (Llama)ModelConfigReader.ReadFile(Path.Combine(model, "config.json"));
        var tokenizer = TokenizerLoader.Load(model);
        var (sum, count, total) = (0.0, 0L, 0.0);
        foreach (var line in File.ReadLines(data))
        {
            using var record = JsonDocument.Parse(line);
            var text = record.RootElement.GetProperty("prompt").GetString()!;
            var prompt = tokenizer.Encode(text);
            var whole = tokenizer.Encode(text + record.RootElement.GetProperty("completion").GetString()!);
            Assert.Equal(prompt, whole[..prompt.Length]);
            int[] answer = [.. whole[prompt.Length..], 2];
            long[] ids = [1, .. prompt.Select(i => (long)i), .. answer.Select(i => (long)i)];
            long[] labels = [.. Enumerable.Repeat(-100L, prompt.Length), .. answer.Select(i => (long)i), -100];
            var length = Math.Min(ids.Length, blockSize);
            labels[length - 1] = -100;
            if (labels[..length].Count(l => l >= 0) is not (> 0 and var scored)) continue;
            using var inner = NewDisposeScope();
            var weight = record.RootElement.TryGetProperty("weight", out var given) ? given.GetDouble() : 1;
            var mean = WholeModel.Loss(config, weights, tensor(ids[..length]).unsqueeze(0), tensor(labels[..length]).unsqueeze(0)).item<float>();
            (sum, count, total) = (sum + (weight * scored * mean), count + scored, total + (weight * scored));
        }

        return (sum / total, count);
    }
}
