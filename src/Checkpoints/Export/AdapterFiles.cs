namespace LisaOrleans.Checkpoints;

/// <summary>Names of the files of a PEFT adapter.</summary>
public static class AdapterFiles
{
    /// <summary>What kind of adapter it is, and of which model.</summary>
    public const string Config = "adapter_config.json";

    /// <summary>Its weights.</summary>
    public const string Weights = "adapter_model.safetensors";

    /// <summary>What the names of its tensors begin with: PEFT wraps the model in two modules.</summary>
    public const string Prefix = "base_model.model.";

    /// <summary>Whether what a run makes is an adapter.</summary>
    public static bool IsMadeBy(Manifest manifest) => manifest.Files.ContainsKey(Config);

    /// <summary>The beginning of a module's name in a model as it is loaded, where that of the family is MODEL and a dot.</summary>
    /// <remarks>Text models inside multimodal ones; the names of their folders have changed over time, those of modules are these.</remarks>
    internal static string ModuleName(TensorNames names, string name) =>
        names.StoredPrefix.Contains("language_model.", StringComparison.Ordinal) && name.StartsWith("model.", StringComparison.Ordinal)
            ? "model.language_model." + name["model.".Length..]
            : name;
}
