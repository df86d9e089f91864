using System.Globalization;
using System.Text.Json;
using LisaOrleans.Model;
using LisaOrleans.Training;
using Spectre.Console;

namespace LisaOrleans.Cli;

/// <summary><c>lisa plan</c>: predicted memory by kind, for each training method.</summary>
internal static class PlanCommand
{
    public static Task<int> Run(SettingValues values, string? argument, CancellationToken cancellationToken)
    {
        var path = values.FullPath(KnownSettings.Model);
        var config = ModelSettings.ReadConfig(path);
        var spec = DerivedSettings.Resolve(values.Spec(), config, weightsDtype: null, threads: 1);
        values.Training.CheckUse(spec);
        TrainingSpecValidator.Validate(spec, config);
        try
        {
            var estimates = Methods.All
                .Where(m => !values.Has(KnownSettings.Method) || m.Name == spec.Method)
                .Select(m => new Entry(
                    m.Name, Methods.Describe(spec with { Method = m.Name }), m.MostLayers(spec, config.NumHiddenLayers),
                    RunCapacity.Estimate(spec with { Method = m.Name }, config)))
                .OrderByDescending(e => e.Layers)
                .ToArray();
            if (values.Text(KnownSettings.LogFormat) == "json")
                Console.WriteLine(JsonSerializer.Serialize(estimates.ToDictionary(e => e.Method, Json)));
            else
                Show(config, spec, estimates);
        }
        catch (OverflowException)
        {
            throw new UsageException($"{path}: a model of these sizes with this batch would need more than 2^63 bytes");
        }

        return Task.FromResult(ExitCodes.Done);
    }

    private static void Show(ModelConfig config, TrainingSpec spec, IReadOnlyList<Entry> estimates)
    {
        AnsiConsole.WriteLine(
            $"{config.ModelType}, {config.NumHiddenLayers} layers, {Count(estimates[0].Memory.Parameters)} parameters, {spec.Dtype}, "
            + $"{spec.PerDeviceTrainBatchSize} x {spec.BlockSize} tokens a micro-batch");
        foreach (var e in estimates) AnsiConsole.WriteLine($"{e.Method}: {e.Description}");
        var table = new Table().Border(TableBorder.Simple).AddColumn("");
        foreach (var e in estimates) table.AddColumn(new TableColumn($"{e.Method}, {e.Layers} layers").RightAligned());
        Row("trainable at one time", e => Count(e.TrainableParameters));
        Row("weights", e => Bytes(e.Weights));
        Row("gradients", e => Bytes(e.Gradients));
        Row("optimizer state", e => Bytes(e.OptimizerState));
        Row("activations", e => Bytes(e.Activations));
        Row("together", e => Bytes(e.Total));
        AnsiConsole.Write(table);

        void Row(string name, Func<MemoryEstimate, string> kind) => table.AddRow([name, .. estimates.Select(e => kind(e.Memory))]);
    }

    private static object Json(Entry e) => new
    {
        method = e.Description,
        parameters = e.Memory.Parameters,
        trainable_parameters = e.Memory.TrainableParameters,
        weights = e.Memory.Weights,
        gradients = e.Memory.Gradients,
        optimizer_state = e.Memory.OptimizerState,
        activations = e.Memory.Activations,
        total = e.Memory.Total,
    };

    private static string Bytes(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e9:0.00} GB");

    private static string Count(long count) => string.Create(CultureInfo.InvariantCulture, $"{count / 1e6:0.0} M");

    private sealed record Entry(string Method, string Description, int Layers, MemoryEstimate Memory);
}
