using LisaOrleans.Checkpoints;
using LisaOrleans.Model;
using LisaOrleans.Training;

namespace LisaOrleans.Cli;

/// <summary>Continuations of <c>--sample-prompt</c>, before and after training; none without it.</summary>
internal sealed class TrainingSamples(SettingValues values, TrainingStart start, IRunReporter reporter, TrainingSpec spec)
{
    /// <summary>That of the model that training begins with.</summary>
    public void ShowBefore() => Show("before", new(start.ModelFolder!, values.OptionalPath(KnownSettings.Adapter)));

    /// <summary>That of the result.</summary>
    /// <param name="store">The run's store.</param>
    /// <param name="output">The folder of the result.</param>
    public async Task ShowAfterAsync(IBlobStore store, string output)
    {
        if (Methods.Adapters(spec) is null)
        {
            Show("after", new(output));
        }
        else if (start.ModelFolder is { } model)
        {
            Show("after", new(model, output));
        }
        else if (values.Has(KnownSettings.SamplePrompt))
        {
            using var merged = await ModelSource.OpenAsync(store, ManifestAddress.Last(start.RunName), CancellationToken.None);
            Show("after", merged.Model);
        }
    }

    private void Show(string when, AdaptedModel model)
    {
        if (values.OptionalText(KnownSettings.SamplePrompt) is not { } prompt) return;
        var text = string.Concat(GenerateCommand.Continue(
            model, spec.Dtype, prompt, start.Template, new GenerationOptions { MaxNewTokens = 64 }, CancellationToken.None));
        reporter.Sample(when, prompt, text);
    }
}
