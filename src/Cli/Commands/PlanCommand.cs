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
        var spec = DerivedSettings.Resolve(values.Spec(), config, weightsDtype: null, threads: 1);
        values.Training.CheckUse(spec);
        TrainingSpecValidator.Validate(spec, config);
        var options = new MemoryPlanOptions
        {
            ActiveLayers = spec.LisaStrategy == "fixed" ? spec.LisaFixedLayers.Count : spec.LisaActivatedLayers,
            TrainEmbeddings = spec.TrainEmbeddings,
            Dtypes = PartDtypes.Parse(spec.Dtype, spec.OptimizerStateDtype),
            BatchSize = spec.PerDeviceTrainBatchSize,
            SequenceLength = spec.BlockSize,
            GradientAccumulationSteps = spec.GradientAccumulationSteps,
            GradientCheckpointing = spec.GradientCheckpointing,
        };
        try
        {
            var estimates = new List<(string Method, MemoryEstimate Memory)>();
            if (!values.Has(KnownSettings.Method) || spec.Method == TrainingMethods.Full)
                estimates.Add((TrainingMethods.Full, MemoryPlan.Estimate(config, options with { ActiveLayers = config.NumHiddenLayers, TrainEmbeddings = true })));
            if (!values.Has(KnownSettings.Method) || spec.Method == TrainingMethods.Lisa)
                estimates.Add((TrainingMethods.Lisa, MemoryPlan.Estimate(config, options)));
            if (values.Text(KnownSettings.LogFormat) == "json")
                Console.WriteLine(JsonSerializer.Serialize(estimates.ToDictionary(e => e.Method, e => Json(e.Memory))));
            else
                Show(config, options, spec.Dtype, estimates);
        }
        catch (OverflowException)
        {
            throw new UsageException($"{path}: a model of these sizes with this batch would need more than 2^63 bytes");
        }

        return Task.FromResult(ExitCodes.Done);
    }

    private static void Show(
        ModelConfig config, MemoryPlanOptions options, string dtype, IReadOnlyList<(string Method, MemoryEstimate Memory)> estimates)
    {
        AnsiConsole.WriteLine(
            $"{config.ModelType}, {config.NumHiddenLayers} layers, {Count(estimates[0].Memory.Parameters)} parameters, {dtype}, "
            + $"{options.BatchSize} x {options.SequenceLength} tokens a micro-batch");
        var table = new Table().Border(TableBorder.Simple).AddColumn("");
        foreach (var (method, _) in estimates)
            table.AddColumn(new TableColumn(method == TrainingMethods.Lisa ? $"LISA, {options.ActiveLayers} layers" : method).RightAligned());
        Row("trainable at one time", e => Count(e.TrainableParameters));
        Row("weights", e => Bytes(e.Weights));
        Row("gradients", e => Bytes(e.Gradients));
        Row("optimizer state", e => Bytes(e.OptimizerState));
        Row("activations", e => Bytes(e.Activations));
        Row("together", e => Bytes(e.Total));
        AnsiConsole.Write(table);

        void Row(string name, Func<MemoryEstimate, string> kind) => table.AddRow([name, .. estimates.Select(e => kind(e.Memory))]);
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
