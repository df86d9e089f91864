using System.Globalization;
using LisaOrleans.Checkpoints;
using LisaOrleans.Training;

namespace LisaOrleans.Cli;

/// <summary>
/// <c>lisa forget</c>: goes back to before samples were used, goes on without them, and says in a certificate what was repeated. The
/// same command goes on where it was interrupted.
/// </summary>
internal static class ForgetCommand
{
    public static async Task<int> Run(SettingValues values, string? run, CancellationToken cancellationToken)
    {
        if (!values.Has(KnownSettings.RunName)) throw new UsageException("--run-name is missing: name of the run to make");
        var samples = NumberFile.Read(values.FullPath(ReplaySettings.Samples), values.Place(ReplaySettings.Samples.Key));
        var (name, output) = (values.Text(KnownSettings.RunName), values.FullPath(KnownSettings.Output));
        var json = values.Text(KnownSettings.LogFormat) == "json";
        var store = await ClusterStores.Open(values, cancellationToken, mustExist: true);
        RunForgetting forgetting;
        try
        {
            forgetting = await RunForgetting.BeginAsync(store, run!, samples, name, cancellationToken);
        }
        catch (DamagedBlobException e)
        {
            throw await RunBlobs.NameAsync(store, run!, e, cancellationToken);
        }
        catch (InvalidTrainingSettingException e) when (e.Setting == RunSettings.Table.Of(nameof(TrainingSpec.MaskSamples)).Name)
        {
            throw new UsageException($"{values.Place(ReplaySettings.Samples.Key)} {e.Problem}");
        }

        if (!json)
        {
            Console.WriteLine(forgetting.FirstUse is { } first
                ? $"run '{run}' first learned from one of {forgetting.Samples.Count} samples in step {first}; "
                    + $"'{name}' goes on from step {forgetting.From.Step}"
                : $"run '{run}' learned from none of {forgetting.Samples.Count} samples; '{name}' goes on from step {forgetting.From.Step}");
        }

        values.Add(
            SettingSource.Flag, HistorySettings.Resume, name, values.Place(KnownSettings.RunName.Key), "--run-name", Environment.CurrentDirectory);
        var code = await TrainCommand.Run(values, null, cancellationToken);
        if (code != ExitCodes.Done) return code;

        var certificate = await ForgetCertificate.MakeAsync(store, run!, forgetting, output, cancellationToken);
        await AtomicFile.WriteAllBytesAsync(Path.Combine(output, ForgetCertificate.FileName), certificate.Json, cancellationToken);
        if (!json)
        {
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"forgotten: {certificate.Steps} steps repeated in {certificate.Seconds / 60:0.00} minutes, where all {certificate.TotalSteps} took "
                + $"{certificate.TotalSeconds / 60:0.00}; {StoreCommands.Size(certificate.Bytes)} written to the store, where the run takes "
                + $"{StoreCommands.Size(certificate.TotalBytes)}; certificate in {ForgetCertificate.FileName}"));
        }

        return ExitCodes.Done;
    }
}
