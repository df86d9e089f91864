using LisaOrleans.Checkpoints;
using LisaOrleans.Model;
using LisaOrleans.Training;

namespace LisaOrleans.Cli;

/// <summary>Continuations of <c>--sample-prompt</c>, before and after training; none without it.</summary>
internal sealed class TrainingSamples(SettingValues values, TrainingStart start, IRunReporter reporter, TrainingSpec spec)
{
    /// <summary>That of the model that training begins with.</summary>
    /// <param name="store">The run's store.</param>
    public Task ShowBeforeAsync(IBlobStore store) => ShowAsync("before", new(start.ModelFolder!, start.AdapterFolder), store);

    /// <summary>That of the result.</summary>
    /// <param name="store">The run's store.</param>
    /// <param name="output">The folder of the result.</param>
    public async Task ShowAfterAsync(IBlobStore store, string output)
    {
        if (Methods.Adapters(spec) is null)
        {
            await ShowAsync("after", new(output), store);
        }
        else if (start.ModelFolder is { } model)
        {
            await ShowAsync("after", new(model, output), store);
        }
        else if (values.Has(KnownSettings.SamplePrompt))
        {
            using var merged = await ModelSource.OpenAsync(store, ManifestAddress.Last(start.RunName), CancellationToken.None);
            await ShowAsync("after", merged.Model, store);
        }
    }

    private async Task ShowAsync(string when, AdaptedModel model, IBlobStore store)
    {
        if (values.OptionalText(KnownSettings.SamplePrompt) is not { } prompt) return;
        var (manifest, _) = await RunManifests.ReadAsync(store, ManifestAddress.Last(start.RunName), CancellationToken.None);
        var text = string.Concat(GenerateCommand.Continue(
            model with { ComputeDtype = spec.ComputeDtype, OfRun = true }, spec.Dtype, prompt, RunModel.TemplateOf(manifest),
            new GenerationOptions { MaxNewTokens = 64 }, CancellationToken.None));
        reporter.Sample(when, prompt, text);
    }
}
