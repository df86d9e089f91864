using System.Globalization;
using System.Text.Json;
using LisaOrleans.Model;
using LisaOrleans.Training;
using Spectre.Console;

namespace LisaOrleans.Cli;

/// <summary><c>lisa plan</c>: predicted memory by kind, for full fine-tuning and LISA.</summary>
internal static class PlanCommand
{
    public static Task<int> Run(SettingValues values, string? argument, CancellationToken cancellationToken)
    {
        var path = values.FullPath(KnownSettings.Model);
        var config = ModelSettings.ReadConfig(path);
        var dtype = ModelSettings.Dtype(values, config, null);
        var active = values.Count(KnownSettings.ActivatedLayers);
        if (active < 0 || active > config.NumHiddenLayers)
            throw new UsageException($"{values.Place(KnownSettings.ActivatedLayers.Key)}: '{active}' must be from 0 to {config.NumHiddenLayers}, the model's layers");

        var options = new MemoryPlanOptions
        {
            ActiveLayers = active,
            TrainEmbeddings = values.Flag(KnownSettings.TrainEmbeddings),
            Dtypes = PartDtypes.Parse(dtype, values.Text(KnownSettings.StateDtype)),
            BatchSize = AtLeastOne(KnownSettings.BatchSize),
            SequenceLength = ModelSettings.BlockSize(values, config),
            GradientAccumulationSteps = AtLeastOne(KnownSettings.Accumulation),
            GradientCheckpointing = values.Flag(KnownSettings.Checkpointing),
        };
        try
        {
            var full = MemoryPlan.Estimate(config, options with { ActiveLayers = config.NumHiddenLayers, TrainEmbeddings = true });
            var lisa = MemoryPlan.Estimate(config, options);
            if (values.Text(KnownSettings.LogFormat) == "json") Console.WriteLine(JsonSerializer.Serialize(new { full = Json(full), lisa = Json(lisa) }));
            else Show(config, options, dtype, full, lisa);
        }
        catch (OverflowException)
        {
            throw new UsageException($"{path}: a model of these sizes with this batch would need more than 2^63 bytes");
        }

        return Task.FromResult(ExitCodes.Done);

        int AtLeastOne(Setting setting) => values.Count(setting) is >= 1 and var count
            ? count
            : throw new UsageException($"{values.Place(setting.Key)}: '{values.Text(setting)}' must be at least 1");
    }

    private static void Show(ModelConfig config, MemoryPlanOptions options, string dtype, MemoryEstimate full, MemoryEstimate lisa)
    {
        AnsiConsole.WriteLine(
            $"{config.ModelType}, {config.NumHiddenLayers} layers, {Count(full.Parameters)} parameters, {dtype}, "
            + $"{options.BatchSize} x {options.SequenceLength} tokens a micro-batch");
        var table = new Table().Border(TableBorder.Simple).AddColumn("")
            .AddColumn(new TableColumn("full").RightAligned())
            .AddColumn(new TableColumn($"LISA, {options.ActiveLayers} layers").RightAligned());
        table.AddRow("trainable at one time", Count(full.TrainableParameters), Count(lisa.TrainableParameters));
        Row("weights", e => e.Weights);
        Row("gradients", e => e.Gradients);
        Row("optimizer state", e => e.OptimizerState);
        Row("activations", e => e.Activations);
        Row("together", e => e.Total);
        AnsiConsole.Write(table);

        void Row(string name, Func<MemoryEstimate, long> kind) => table.AddRow(name, Bytes(kind(full)), Bytes(kind(lisa)));
    }

    private static object Json(MemoryEstimate e) => new
    {
        parameters = e.Parameters,
        trainable_parameters = e.TrainableParameters,
        weights = e.Weights,
        gradients = e.Gradients,
        optimizer_state = e.OptimizerState,
        activations = e.Activations,
        total = e.Total,
    };

    private static string Bytes(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e9:0.00} GB");

    private static string Count(long count) => string.Create(CultureInfo.InvariantCulture, $"{count / 1e6:0.0} M");
}
