using LisaOrleans.Training;

namespace LisaOrleans.Api;

/// <summary>The model that a run has made, straight from the store.</summary>
internal sealed class FinishedRunModel(RunModel run) : ServableModel(run.Config, run.Dtypes, run.Version)
{
    public override async Task<LoadedModel> LoadAsync(CancellationToken cancellationToken)
    {
        var text = await run.LoadTextAsync(TimeProvider.System.GetLocalNow(), cancellationToken).ConfigureAwait(false);
        return new LoadedModel(await run.LoadAsync(cancellationToken).ConfigureAwait(false), text, run.Template);
    }
}
