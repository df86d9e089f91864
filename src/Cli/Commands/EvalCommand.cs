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
        var config = adapted.ReadConfig();
        var spec = source.Spec(values);
        var blockSize = ModelSettings.BlockSize(spec, config);
        var json = values.Text(KnownSettings.LogFormat) == "json";
        ModelSettings.PinThreads(spec);

        // As an evaluation in training reads it: of a folder with splits, and of a share that was held out.
        var (text, settings) = (adapted.LoadText(), source.Dataset(values));
        var (sources, split) = (values.Sources(KnownSettings.DataFile), DataSplit.Of(settings.ValidationSplit).Evaluation);
        using var data = DatasetTokenizer.Tokenize(
            sources, text.Tokenizer, settings, blockSize, config.VocabSize, null, cancellationToken, split, text.Template);
        using var model = adapted.Load(adapted.Dtype(spec, config));
        if (!json)
        {
            var figures = DatasetFigures.Of(data.Statistics, blockSize, DataSources.Notes(sources, split));
            foreach (var line in figures.Lines) StandardError.WriteLine(line);
        }

        using var progress = new ProgressLine("scoring", data.Count, quiet: json);

        var score = ModelScore.Of(model, data, spec.PerDeviceTrainBatchSize, done => progress.Report(done), cancellationToken);
        progress.Dispose();
        var mean = score.MeanLoss;
        if (json)
        {
            Console.WriteLine(JsonSerializer.Serialize(new
            {
                loss = JsonNumbers.Finite(mean),
                perplexity = JsonNumbers.Finite(Math.Exp(mean)),
                samples = data.Count,
                tokens = score.Labels,
                truncated = data.Statistics.Truncated,
                skipped = data.Statistics.Skipped,
            }));
        }
        else
        {
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"loss {mean:0.0000}  perplexity {Math.Exp(mean):0.00}  ({data.Count} samples, {score.Labels} tokens scored)"));
        }

        return ExitCodes.Done;
    }
}
