using LisaOrleans.Model;

namespace LisaOrleans.Training;

/// <summary>Loads a whole model for evaluation and generation.</summary>
public static class ModelLoader
{
    /// <summary>Loads a Hugging Face folder; the caller owns the model.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="dtype">float32, bfloat16 or float16; null for the checkpoint's own.</param>
    public static CausalLanguageModel Load(string folder, string? dtype)
    {
        using var files = ModelFolder.Open(folder);
        var dtypes = PartDtypes.Parse(dtype ?? files.Dtype, "float32");
        var weights = files.Config.AllSpecs().ToDictionary(s => s.Name, s =>
        {
            using var stored = files.Read(s.Name, dtypes.Storage);
            return stored.to(dtypes.Compute, copy: true).DetachFromDisposeScope();
        });
        return new CausalLanguageModel(files.Config, dtypes, weights);
    }
}
