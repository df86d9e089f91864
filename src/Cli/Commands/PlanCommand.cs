using System.Globalization;
using System.Text.Json;
using LisaOrleans.Model;
using LisaOrleans.Training;
using Spectre.Console;
using Spectre.Console.Rendering;

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
        var device = DeviceBytes(values);
        if (values.Has(PlanSettings.Trace) && !values.Has(PlanSettings.Cluster))
            throw new UsageException($"{values.Place(PlanSettings.Trace.Key)}: it needs --{PlanSettings.Cluster.Flag}, the machines");
        if (values.Has(PlanSettings.DeviceMemory) && values.Has(PlanSettings.Cluster))
            throw new UsageException($"{values.Place(PlanSettings.DeviceMemory.Key)}: --{PlanSettings.Cluster.Flag} says it with memory_gb");
        try
        {
            if (values.Has(PlanSettings.Cluster))
            {
                ClusterPlanReport.Write(values, config, spec);
                return Task.FromResult(ExitCodes.Done);
            }

            var estimates = Methods.All
                .Where(m => !values.Has(KnownSettings.Method) || m.Name == spec.Method)
                .Select(m => spec with { Method = m.Name })
                .Select(s => new Entry(
                    s, Methods.Of(s).MostLayers(s, config.NumHiddenLayers), RunCapacity.Estimate(s, config),
                    device > 0 ? DeviceFit.Find(s, config, device) : null))
                .OrderByDescending(e => e.Layers)
                .ToArray();
            if (values.Text(KnownSettings.LogFormat) == "json")
                Console.WriteLine(JsonSerializer.Serialize(estimates.ToDictionary(e => e.Spec.Method, Json)));
            else
                Show(config, spec, estimates, device);
        }
        catch (OverflowException)
        {
            throw new UsageException($"{path}: a model of these sizes with this batch would need more than 2^63 bytes");
        }

        return Task.FromResult(ExitCodes.Done);
    }

    private static long DeviceBytes(SettingValues values)
    {
        var gigabytes = values.Number(PlanSettings.DeviceMemory);
        return gigabytes is >= 0 and <= 1e6
            ? (long)(gigabytes * 1e9)
            : throw new UsageException($"{values.Place(PlanSettings.DeviceMemory.Key)}: '{gigabytes}' must be from 0 to 1000000");
    }

    private static void Show(ModelConfig config, TrainingSpec spec, IReadOnlyList<Entry> estimates, long device)
    {
        AnsiConsole.WriteLine(
            $"{config.ModelType}, {config.NumHiddenLayers} layers, {Count(estimates[0].Memory.Parameters)} parameters, {spec.Dtype}, "
            + $"{spec.PerDeviceTrainBatchSize * Objectives.SequencesOf(spec)} x {spec.BlockSize} tokens a micro-batch");
        foreach (var e in estimates) AnsiConsole.WriteLine($"{e.Spec.Method}: {Methods.Describe(e.Spec)}");
        var table = TableOf(estimates);
        if (WidthOf(table) <= AnsiConsole.Profile.Width) AnsiConsole.Write(table);
        else
            foreach (var e in estimates) AnsiConsole.WriteLine(Line(e.Spec.Method, e.Memory));
        if (device == 0) return;
        AnsiConsole.WriteLine($"On a device of {Bytes(device)}, a share of which is left to its driver and its kernels:");
        foreach (var e in estimates) AnsiConsole.WriteLine($"{e.Spec.Method}: {Fit(e, config)}");
    }

    private static Table TableOf(IReadOnlyList<Entry> estimates)
    {
        var table = new Table().Border(TableBorder.Simple).AddColumn(new TableColumn("GB").NoWrap().Padding(0, 0));
        foreach (var name in (string[])["layers", "train", "weights", "grads", "state", "activations", "process", "total", "manifest"])
            table.AddColumn(new TableColumn(name).RightAligned().NoWrap().Padding(0, 0));
        foreach (var e in estimates)
        {
            table.AddRow(
                e.Spec.Method, $"{e.Layers}", Count(e.Memory.TrainableParameters), Number(e.Memory.Weights), Number(e.Memory.Gradients),
                Number(e.Memory.OptimizerState), Number(e.Memory.Activations), Number(e.Memory.OfProcess), Number(e.Memory.Total),
                $"+{Number(e.Memory.Copies)}");
        }

        return table;
    }

    private static int WidthOf(IRenderable table) => table.Measure(RenderOptions.Create(AnsiConsole.Console), short.MaxValue).Max;

    // The same where the terminal is too narrow for columns.
    private static string Line(string method, MemoryEstimate m) =>
        $"{method}: {Bytes(m.Total)} = weights {Number(m.Weights)} + grads {Number(m.Gradients)} + state {Number(m.OptimizerState)} "
        + $"+ activations {Number(m.Activations)} + process {Number(m.OfProcess)}; manifest +{Number(m.Copies)}; "
        + $"{Count(m.TrainableParameters)} train";

    private static string Fit(Entry e, ModelConfig config)
    {
        if (e.Fit is not { } fit) return $"does not fit; it needs {Bytes(DeviceFit.Least(e.Spec, config).Tensors)} at least";
        var flags = Flags(e).ToArray();
        return $"fits {(flags.Length == 0 ? "as it is" : $"with {string.Join(' ', flags)}")}: {Bytes(fit.Memory.Tensors)}";
    }

    // The settings that differ from those that were asked for.
    private static IEnumerable<string> Flags(Entry e)
    {
        var (asked, found) = (e.Spec, e.Fit!.Spec);
        if (asked.PerDeviceTrainBatchSize != found.PerDeviceTrainBatchSize)
        {
            yield return $"--per-device-train-batch-size {found.PerDeviceTrainBatchSize}";
            yield return $"--gradient-accumulation-steps {found.GradientAccumulationSteps}";
        }

        if (asked.GradientLanes != found.GradientLanes) yield return $"--gradient-lanes {found.GradientLanes}";
        if (asked.GradientCheckpointing != found.GradientCheckpointing) yield return "--gradient-checkpointing true";
        if (asked.Optim != found.Optim) yield return $"--optim {found.Optim}";
        if (asked.FrozenWeights != found.FrozenWeights) yield return $"--frozen-weights {found.FrozenWeights}";
    }

    private static object Json(Entry e) => new
    {
        method = Methods.Describe(e.Spec),
        parameters = e.Memory.Parameters,
        trainable_parameters = e.Memory.TrainableParameters,
        weights = e.Memory.Weights,
        gradients = e.Memory.Gradients,
        optimizer_state = e.Memory.OptimizerState,
        activations = e.Memory.Activations,
        process = e.Memory.OfProcess,
        total = e.Memory.Total,
        manifest_copies = e.Memory.Copies,
        fits_with = e.Fit is null ? null : string.Join(' ', Flags(e)),
        fits_total = e.Fit?.Memory.Tensors,
    };

    private static string Number(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e9:0.00}");

    private static string Bytes(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e9:0.00} GB");

    private static string Count(long count) => string.Create(CultureInfo.InvariantCulture, $"{count / 1e6:0.0} M");

    private sealed record Entry(TrainingSpec Spec, int Layers, MemoryEstimate Memory, DeviceFit? Fit);
}
