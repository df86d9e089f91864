using LisaOrleans.Model;

namespace LisaOrleans.Training;

/// <summary>Loads a whole model for evaluation and generation.</summary>
public static class ModelLoader
{
    /// <summary>Loads a Hugging Face folder; the caller owns the model.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="dtype">float32, bfloat16 or float16; null for the checkpoint's own.</param>
    /// <param name="adapter">A PEFT folder with adapters that it is to have; null (default) for none.</param>
    /// <param name="trained">What the run that made it computed in; <see cref="TrainingSpec.AutoDtype"/> (default) where nothing says so.</param>
    /// <param name="ofRun">Whether a run has made it, as <see cref="ModelFolder.Open"/> has it. Default false.</param>
    public static CausalLanguageModel Load(
        string folder, string? dtype, string? adapter = null, string trained = TrainingSpec.AutoDtype, bool ofRun = false)
    {
        using var files = ModelFolder.Open(folder, ofRun);
        return Load(files, RunDtypes.OfAnswers(dtype ?? files.Dtype, files.Config, trained), adapter);
    }

    /// <summary>Loads a Hugging Face folder in number formats that are chosen already; the caller owns the model.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="dtypes">The number formats.</param>
    public static CausalLanguageModel LoadAs(string folder, PartDtypes dtypes)
    {
        using var files = ModelFolder.Open(folder);
        return Load(files, dtypes, adapter: null);
    }

    private static CausalLanguageModel Load(ModelFolder files, PartDtypes dtypes, string? adapter)
    {
        var weights = files.Config.AllSpecs().ToDictionary(s => s.Name, s =>
        {
            using var stored = files.Read(s.Name, dtypes.Storage);
            return stored.to(dtypes.AtRest, copy: true).DetachFromDisposeScope();
        });
        if (adapter is null) return new CausalLanguageModel(files.Config, dtypes, weights);
        try
        {
            using var peft = PeftFolder.Open(adapter, files.Config);
            foreach (var (name, value) in Enumerable.Range(0, files.Config.NumHiddenLayers).SelectMany(peft.Read)) weights.Add(name, value);
            return new CausalLanguageModel(files.Config, dtypes, weights, peft.Options);
        }
        catch
        {
            foreach (var weight in weights.Values) weight.Dispose();
            throw;
        }
    }
}
