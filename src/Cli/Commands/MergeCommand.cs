using LisaOrleans.Checkpoints;
using LisaOrleans.Training;

namespace LisaOrleans.Cli;

/// <summary><c>lisa merge</c>: a whole model of a model and a PEFT adapter.</summary>
internal static class MergeCommand
{
    public static async Task<int> Run(SettingValues values, string? argument, CancellationToken cancellationToken)
    {
        var (model, adapter, output) =
            (values.FullPath(KnownSettings.Model), values.FullPath(KnownSettings.Adapter), values.FullPath(KnownSettings.Output));
        foreach (var (setting, folder) in ((Setting, string)[])[(KnownSettings.Model, model), (KnownSettings.Adapter, adapter)])
        {
            if (OutputFolder.Is(output, folder))
                throw new UsageException(
                    $"--output: {output} is the folder of --{setting.Key.Replace('_', '-')} too; the merged model needs its own");
        }

        var dtype = ModelSettings.Dtype(values.Spec(), ModelSettings.ReadConfig(model), model);
        var folders = new NewFolders();
        folders.Expect(output);
        OutputFolder.CheckNotTrained(OutputFolder.Prepare(output));
        try
        {
            await ModelMerger.MergeAsync(model, adapter, dtype, output, cancellationToken);
        }
        catch (Exception e)
        {
            folders.RemoveEmpty();
            if (StoreRefusal.Find(e, output) is { } refusal) throw refusal;
            throw;
        }

        Console.WriteLine($"{adapter} merged into {model}, written to {output}");
        return ExitCodes.Done;
    }
}
