using System.Text.Json;
using LisaOrleans.Data;
using LisaOrleans.Training;
using Spectre.Console;

namespace LisaOrleans.Cli;

/// <summary><c>lisa data inspect</c>: what training would make of data, without training.</summary>
internal static class InspectCommand
{
    public static Task<int> Run(SettingValues values, string? argument, CancellationToken cancellationToken)
    {
        var request = TrainingRequest.From(values);
        TrainingSpecValidator.CheckNew(request.Spec, was: null);
        var config = ModelSettings.ReadConfig(request.ModelFolder);
        var blockSize = ModelSettings.BlockSize(request.Spec, config);
        var count = values.Count(KnownSettings.Samples);
        if (count < 0) throw new UsageException($"{values.Place(KnownSettings.Samples.Key)}: '{count}' must be at least 0");
        var json = values.Text(KnownSettings.LogFormat) == "json";

        // As training reads it, from an adapter's folder as well.
        var adapted = new AdaptedModel(request.ModelFolder, request.AdapterFolder);
        if (adapted.Adapter is { } adapter) PeftFolder.Open(adapter, config, isNew: true).Dispose();
        var (text, (train, evaluation)) = (adapted.LoadText(), DataSplit.Of(request.Dataset.ValidationSplit));
        if (evaluation.IsRequired) DataSources.Check(request.DataFile, evaluation);
        if (request.EvalDataFile is { } scored) DataSources.Check(scored, evaluation);
        using var data = DatasetTokenizer.Tokenize(
            request.DataFile, text.Tokenizer, request.Dataset, blockSize, config.VocabSize, null, cancellationToken, train,
            text.Template, Objectives.IsOfPairs(request.Spec));
        for (var sample = 0; sample < Math.Min(count, data.Count); sample++)
        {
            if (json) Console.WriteLine(SampleLine(data, sample));
            else Show(text.Tokenizer, data, sample);
        }

        var figures = DatasetFigures.Of(data.Statistics, blockSize, DataSources.Notes(request.DataFile, train));
        if (json) Console.WriteLine(JsonSerializer.Serialize(figures));
        else foreach (var line in figures.Lines) Say(line);
        return Task.FromResult(ExitCodes.Done);
    }

    private static string SampleLine(TokenizedDataset data, int sample)
    {
        var ids = data.InputIds(sample).ToArray();
        var mask = data.LossMask(sample).ToArray();
        var labels = ids.Zip(mask, (id, m) => m != 0 ? id : MicroBatch.IgnoreIndex);
        return data.Weights.IsEmpty
            ? JsonSerializer.Serialize(new { input_ids = ids, labels })
            : JsonSerializer.Serialize(new { input_ids = ids, labels, weights = data.LossWeights(sample).ToArray() });
    }

    private static void Show(ITokenizer tokenizer, TokenizedDataset data, int sample)
    {
        var mask = data.LossMask(sample).ToArray();
        var coloured = Terminal.HasColours;
        var weighted = data.LossWeights(sample).ToArray().Skip(1).Count(w => w is not (0 or 1));
        Say($"sample {sample + 1}: {mask.Length} tokens, {mask.Skip(1).Count(m => m != 0)} learned ({(coloured ? "green" : "between « and »")})"
            + (weighted > 0 ? $", {weighted} of them with a weight other than 1" : ""));
        foreach (var (text, learned) in SampleText.Pieces(tokenizer, data.InputIds(sample).ToArray(), mask))
        {
            var clean = Terminal.Clean(text);
            if (coloured) AnsiConsole.Write(new Text(clean, learned ? new Style(Color.Green) : new Style(Color.Grey)));
            else Console.Write(learned ? $"«{clean}»" : clean);
        }

        Console.WriteLine();
        Console.WriteLine();
    }

    private static void Say(string line) => Console.WriteLine(line);
}
