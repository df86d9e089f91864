using LisaOrleans.Checkpoints;
using LisaOrleans.Data;
using LisaOrleans.Model;
using LisaOrleans.Training;

namespace LisaOrleans.Cli;

/// <summary>A model's folder, and that of an adapter for it.</summary>
/// <param name="Folder">The model's.</param>
/// <param name="Adapter">The adapter's; null for none.</param>
internal sealed record AdaptedModel(string Folder, string? Adapter = null)
{
    /// <value>What the run that made it computed in; <see cref="TrainingSpec.AutoDtype"/> (default) where nothing says so.</value>
    public string ComputeDtype { get; init; } = TrainingSpec.AutoDtype;

    /// <value>Whether a run has made it, perhaps one that an older build began, which refused less. Default false.</value>
    public bool OfRun { get; init; }

    /// <summary>The model's shape.</summary>
    /// <exception cref="ModelConfigException">config.json is missing or wrong.</exception>
    public ModelConfig ReadConfig() => ModelSettings.ReadConfig(Folder, OfRun);

    /// <summary>The dtype asked for, else the one that the model is in.</summary>
    public string Dtype(TrainingSpec spec, ModelConfig config) => ModelSettings.Dtype(spec, config, Folder, OfRun);

    /// <summary>Loads it, with the adapter.</summary>
    /// <param name="dtype">As <see cref="Dtype"/> says it.</param>
    public CausalLanguageModel Load(string dtype) => ModelLoader.Load(Folder, dtype, Adapter, ComputeDtype, OfRun);

    /// <summary>The tokenizer and the chat template of both.</summary>
    /// <exception cref="TokenizerException">They cannot be read.</exception>
    /// <exception cref="InvalidDataFileException">generation_config.json is wrong.</exception>
    public ModelText LoadText() => ModelText.Load(new AdaptedText(Folder, Adapter), TimeProvider.System.GetLocalNow());

    /// <summary>Those that a command names. An adapter's folder alone stands for the model that it names, with the adapter.</summary>
    public static AdaptedModel From(SettingValues values)
    {
        var folder = values.FullPath(KnownSettings.Model);
        if (values.OptionalPath(KnownSettings.Adapter) is { } adapter) return new(folder, adapter);
        if (!File.Exists(Path.Combine(folder, AdapterFiles.Config)) || File.Exists(Path.Combine(folder, ModelFolder.ConfigFile))) return new(folder);
        var model = PeftFolder.BaseModelOf(folder);
        return Directory.Exists(model)
            ? new(Path.GetFullPath(model), folder)
            : throw new UsageException(
                $"{values.Place(KnownSettings.Model.Key)}: {folder} holds an adapter for '{model}', which is no folder here; "
                + $"give the model as --model, and --adapter {folder}");
    }
}
