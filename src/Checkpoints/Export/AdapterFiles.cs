namespace LisaOrleans.Checkpoints;

/// <summary>Names of the files of a PEFT adapter.</summary>
public static class AdapterFiles
{
    /// <summary>What kind of adapter it is, and of which model.</summary>
    public const string Config = "adapter_config.json";

    /// <summary>Its weights.</summary>
    public const string Weights = "adapter_model.safetensors";

    /// <summary>Both.</summary>
    public static IReadOnlyList<string> All { get; } = [Config, Weights];

    /// <summary>What the names of its tensors begin with: PEFT wraps the model in two modules.</summary>
    public const string Prefix = "base_model.model.";

    /// <summary>Whether what a run makes is an adapter.</summary>
    public static bool IsMadeBy(Manifest manifest) => manifest.Files.ContainsKey(Config);

    /// <summary>
    /// Checks that a folder holds nothing that would be taken for what is written there: programs read a folder with both files as an
    /// adapter, or as a model, and not as both.
    /// </summary>
    /// <param name="folder">Where something is to be written.</param>
    /// <param name="adapter">Whether that is an adapter, not a model.</param>
    /// <exception cref="InvalidDataFileException">It holds the other.</exception>
    public static void CheckFolder(string folder, bool adapter)
    {
        var other = adapter ? ModelFileNames.Config : Config;
        if (!File.Exists(Path.Combine(folder, other))) return;
        throw new InvalidDataFileException(
            folder, $"has {other} of {(adapter ? "a model" : "an adapter")}, and {(adapter ? "an adapter" : "a model")} needs a folder of its own");
    }

    /// <summary>Whether a model is the text model of a multimodal one, which has other modules beside it.</summary>
    /// <param name="names">How the model's folder names its tensors.</param>
    public static bool IsOfMultimodal(TensorNames names) => names.StoredPrefix.Contains("language_model.", StringComparison.Ordinal);

    /// <summary>The name of a module, or of a tensor, in a model as it is loaded.</summary>
    /// <param name="names">How the model's folder names its tensors.</param>
    /// <param name="name">Its name in the family.</param>
    /// <remarks>Text models inside multimodal ones; the names of their folders have changed over time, those of modules are these.</remarks>
    public static string ModuleName(TensorNames names, string name) =>
        IsOfMultimodal(names) && name.StartsWith("model.", StringComparison.Ordinal)
            ? "model.language_model." + name["model.".Length..]
            : name;
}
