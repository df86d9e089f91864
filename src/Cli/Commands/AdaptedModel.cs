using LisaOrleans.Checkpoints;
using LisaOrleans.Data;
using LisaOrleans.Training;

namespace LisaOrleans.Cli;

/// <summary>A model's folder, and that of an adapter for it.</summary>
/// <param name="Folder">The model's.</param>
/// <param name="Adapter">The adapter's; null for none.</param>
internal sealed record AdaptedModel(string Folder, string? Adapter = null)
{
    /// <value>What the run that made it computed in; <see cref="TrainingSpec.AutoDtype"/> (default) where nothing says so.</value>
    public string ComputeDtype { get; init; } = TrainingSpec.AutoDtype;

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
