using System.Text.Json;
using LisaOrleans.Data;
using LisaOrleans.Model;
using LisaOrleans.Training;

namespace LisaOrleans.Grains.Tests;

/// <summary>
/// The losses of runs whose tokens count by weights are sum(w · nll) / sum(w) over all tokens of a step, or of the evaluation data, here
/// made sample by sample of a model's logits, in float64.
/// </summary>
public sealed class WeightedLossTests : IDisposable
{
    private const int EvalSamples = 9;

    // Each token of a sample has the next of them; of samples of the second row only the last token counts.
    private static readonly float[][] s_weights = [[0, 0.5f, 1, 3, 0, 1e-3f, 250], [0, 0, 0, 0, 0, 0, 0]];

    private static readonly TrainingSpec s_spec = TinyStories.Spec(1) with
    {
        PerDeviceTrainBatchSize = 1,
        GradientAccumulationSteps = 7,
        GradientLanes = 3,
        BlockSize = 40,
    };

    private static readonly Dictionary<string, TrainingSpec> s_runs = new()
    {
        ["rows"] = s_spec,
        ["padded"] = s_spec with { PerDeviceTrainBatchSize = 3 },
        ["packed"] = s_spec with { PerDeviceTrainBatchSize = 2, BlockSize = 100, Packing = true },
        ["masked"] = s_spec with { MaskSamples = [.. Enumerable.Range(0, 12)] },
        ["masked in blocks"] = s_spec with
        {
            PerDeviceTrainBatchSize = 2,
            BlockSize = 100,
            Packing = true,
            MaskSamples = [.. Enumerable.Range(0, 12)],
        },
    };

    private readonly TempFolder _folder = new();

    public static TheoryData<string> Runs => [.. s_runs.Keys];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Runs))]
    public async Task Weights_losses_are_those_of_the_formula(string name)
    {
        var spec = s_runs[name];
        var (training, evaluation) = (Samples(TinyStories.Data, 24, spec), Samples(TinyStories.HeldOut, EvalSamples, spec));
        using var run = await TestRun.ImportAsync(TinyStories.Request(spec) with
        {
            DataFile = Write("data.jsonl", training),
            EvalDataFile = Write("evaluation.jsonl", evaluation),
        });
        await run.FinishAsync();

        var record = Assert.Single(await run.HistoryAsync());
        using (var begun = ModelLoader.Load(TinyStories.Model, null))
            Assert.Equal(1, record.Loss / Mean(begun, record.Samples.Select(s => training[s])), 1e-5);
        using var ended = ModelLoader.Load(await run.ExportAsync(), null);
        Assert.Equal(1, record.EvalLoss!.Value / Mean(ended, evaluation), 1e-5);
    }

    // The last token of each always counts, so none is left out.
    private static (int[] Ids, float[] Weights)[] Samples(string file, int count, TrainingSpec spec)
    {
        var tokenizer = TokenizerLoader.Load(TinyStories.Model);
        var samples = File.ReadLines(file).Take(count).Select((line, number) =>
        {
            var record = JsonDocument.Parse(line).RootElement;
            var ids = tokenizer.Encode($"{record.GetProperty("prompt")}{record.GetProperty("completion")}").Take(spec.BlockSize).ToArray();
            var weights = s_weights[number % 3 == 2 ? 1 : 0];
            var own = ids.Select((_, i) => weights[(i + number) % weights.Length]).ToArray();
            own[^1] = 0.25f;
            return (ids, own);
        });
        return [.. samples];
    }

    private static double Mean(CausalLanguageModel model, IEnumerable<(int[] Ids, float[] Weights)> samples)
    {
        var (sum, total) = (0.0, 0.0);
        foreach (var (ids, weights) in samples)
        {
            using var logits_TV = model.Logits(ids);
            var logits = logits_TV.data<float>().ToArray();
            var vocabulary = logits.Length / ids.Length;
            for (var t = 0; t + 1 < ids.Length; t++)
            {
                var row = logits.AsSpan(t * vocabulary, vocabulary);
                var (most, others) = ((double)row[0], 0.0);
                foreach (var logit in row) most = Math.Max(most, logit);
                foreach (var logit in row) others += Math.Exp(logit - most);
                sum += weights[t + 1] * (most + Math.Log(others) - row[ids[t + 1]]);
                total += weights[t + 1];
            }
        }

        return sum / total;
    }

    private string Write(string name, (int[] Ids, float[] Weights)[] samples)
    {
        File.WriteAllLines(_folder[name], samples.Select(s => JsonSerializer.Serialize(new { input_ids = s.Ids, weights = s.Weights })));
        return _folder[name];
    }
}
