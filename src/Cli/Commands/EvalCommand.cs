using System.Globalization;
using System.Text.Json;
using LisaOrleans.Data;
using LisaOrleans.Training;

namespace LisaOrleans.Cli;

/// <summary><c>lisa eval</c>: mean loss and perplexity of a model on data.</summary>
internal static class EvalCommand
{
    public static async Task<int> Run(SettingValues values, string? argument, CancellationToken cancellationToken)
    {
        using var source = await ModelSource.OpenAsync(values, cancellationToken);
        var adapted = source.Model;
        var config = ModelSettings.ReadConfig(adapted.Folder);
        var spec = values.Spec();
        var blockSize = ModelSettings.BlockSize(spec, config);
        var json = values.Text(KnownSettings.LogFormat) == "json";
        ModelSettings.PinThreads(spec);

        var tokenizer = TokenizerLoader.Load(adapted.TextFolder);
        using var data = DatasetTokenizer.Tokenize(
            values.Sources(KnownSettings.DataFile), tokenizer, values.Dataset(), blockSize, config.VocabSize, null, cancellationToken,
            own: FolderChatTemplate.Load(adapted.TextFolder, TimeProvider.System.GetLocalNow()));
        using var model = ModelLoader.Load(adapted.Folder, ModelSettings.Dtype(spec, config, adapted.Folder), adapted.Adapter);
        if (!json)
            foreach (var line in DatasetFigures.Of(data.Statistics, blockSize).Lines) Console.Error.WriteLine(line);
        using var progress = new ProgressLine("scoring", data.Count, quiet: json);

        // Samples of similar length go together: fewer pads. The sum depends on the order only by rounding.
        var builder = new MicroBatchBuilder(data, null, padTokenId: 0);
        var (sum, count, done) = (0.0, 0L, 0);
        foreach (var rows in Enumerable.Range(0, data.Count).OrderBy(i => data.InputIds(i).Length).Chunk(spec.PerDeviceTrainBatchSize))
        {
            cancellationToken.ThrowIfCancellationRequested();
            var batch = builder.Build(rows);
            var (loss, labels) = model.Score(batch.BatchSize, batch.SequenceLength, batch.InputIds, batch.Labels, null, null);
            (sum, count) = (sum + loss, count + labels);
            progress.Report(done += rows.Length);
        }

        progress.Dispose();
        var mean = sum / count;
        if (json)
        {
            Console.WriteLine(JsonSerializer.Serialize(new
            {
                loss = Finite(mean),
                perplexity = Finite(Math.Exp(mean)),
                samples = data.Count,
                tokens = count,
                truncated = data.Statistics.Truncated,
                skipped = data.Statistics.Skipped,
            }));
        }
        else
        {
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"loss {mean:0.0000}  perplexity {Math.Exp(mean):0.00}  ({data.Count} samples, {count} tokens scored)"));
        }

        return ExitCodes.Done;
    }

    // JSON cannot express NaN or infinity.
    private static double? Finite(double value) => double.IsFinite(value) ? value : null;
}
