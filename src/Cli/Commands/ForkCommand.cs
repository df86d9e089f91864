using LisaOrleans.Checkpoints;
using LisaOrleans.Training;

namespace LisaOrleans.Cli;

/// <summary><c>lisa fork RUN@STEP</c>: a run that goes on from a manifest of another.</summary>
internal static class ForkCommand
{
    public static async Task<int> Run(SettingValues values, string? from, CancellationToken cancellationToken)
    {
        if (!values.Has(KnownSettings.RunName)) throw new UsageException("--run-name is missing: name of the run to make");
        var address = ManifestAddress.Parse(from!);
        var store = await ClusterStores.Open(values, cancellationToken, mustExist: true);
        try
        {
            var fork = await RunFork.CreateAsync(store, address, values.Spec().RunName, values.Training, cancellationToken);
            Console.WriteLine(
                fork.IsNew
                    ? $"{fork.Run} forked from {fork.Origin}; {fork.TotalSteps - fork.Step} of {fork.TotalSteps} steps to go"
                    : $"{fork.Run} was forked from {fork.Origin} before; it is at step {fork.Step} of {fork.TotalSteps}");
            return ExitCodes.Done;
        }
        catch (DamagedBlobException e)
        {
            throw await RunBlobs.NameAsync(store, address.Run, e, cancellationToken);
        }
    }
}
