using System.Text;
using LisaOrleans.Checkpoints;
using LisaOrleans.Model;

namespace LisaOrleans.Training;

/// <summary>What a manifest says of a run besides its weights: its settings and its model's config.json.</summary>
public static class RunFiles
{
    private static readonly string[] s_ofRecords =
    [
        nameof(DatasetSettings.Format), nameof(DatasetSettings.PromptField), nameof(DatasetSettings.CompletionField),
        nameof(DatasetSettings.TextField),
    ];

    /// <summary>The run's settings, each within its limits.</summary>
    /// <exception cref="InvalidDataFileException">The blob holds no settings of this run; the message names the one that is wrong.</exception>
    public static async Task<TrainingSpec> ReadSpecAsync(IBlobStore store, Manifest manifest, CancellationToken cancellationToken)
    {
        using var content = await store.ReadAsync(manifest.Spec, cancellationToken).ConfigureAwait(false);
        var spec = StoredJson.Read<TrainingSpec>(content.ToArray(), manifest.Spec, "settings of a run");
        Check(manifest, () => RunSettings.Table.Check(spec));

        // Grains are called by the name in the settings, and what was left open was chosen when the run was imported.
        if (spec.RunName != manifest.Run) throw Wrong(manifest, $"run_name is '{spec.RunName}', but the manifest is of run '{manifest.Run}'");
        if (spec.Dtype == TrainingSpec.AutoDtype) throw Wrong(manifest, $"dtype is '{spec.Dtype}'; a run in a store has chosen one");
        if (spec.BlockSize < 1) throw Wrong(manifest, $"block_size is {spec.BlockSize}; a run in a store has chosen one");
        return spec.Threads >= 1 ? spec : throw Wrong(manifest, $"threads is {spec.Threads}; a run in a store has chosen a number");
    }

    /// <summary>A run's last manifest and its settings; null where there is no such run, or it has no manifest yet.</summary>
    /// <exception cref="InvalidDataFileException">The run's head, its manifest or its settings are no such things.</exception>
    public static async Task<(Manifest Manifest, TrainingSpec Spec)?> FindAsync(IBlobStore store, string run, CancellationToken cancellationToken)
    {
        if (await RunStore.ReadHeadAsync(store, run, cancellationToken).ConfigureAwait(false) is not { Manifest: { } blob }) return null;
        var manifest = await RunStore.ReadManifestAsync(store, blob, cancellationToken).ConfigureAwait(false);
        return (manifest, await ReadSpecAsync(store, manifest, cancellationToken).ConfigureAwait(false));
    }

    /// <summary>How other data are read for a run's model: as the run's own were, but for the share of those that it held out.</summary>
    /// <param name="manifest">A manifest of the run.</param>
    /// <param name="spec">Its settings.</param>
    /// <param name="given">What is to be otherwise. Where it names a format or a field of the records, the run's own do not count.</param>
    public static DatasetSettings DataSettings(Manifest manifest, TrainingSpec spec, GivenSettings given)
    {
        var own = RunSettings.Table.ReadDescription(spec.DataDescription) with
        {
            Template = RunModel.TemplateOf(manifest),
            ValidationSplit = null,
        };
        return given.Into(
            given.Settings.Any(s => s_ofRecords.Contains(s.Property))
                ? own with { Format = null, PromptField = null, CompletionField = null, TextField = null }
                : own);
    }

    /// <summary>The model's config.json, and what it says.</summary>
    /// <exception cref="InvalidDataFileException">The manifest names none.</exception>
    /// <exception cref="ModelConfigException">It is wrong.</exception>
    public static async Task<(string Json, ModelConfig Config)> ReadConfigAsync(
        IBlobStore store, Manifest manifest, CancellationToken cancellationToken)
    {
        if (!manifest.Files.TryGetValue(ModelFolder.ConfigFile, out var blob))
            throw new InvalidDataFileException($"manifest of {manifest.Run}", $"field 'Files' has no {ModelFolder.ConfigFile}");
        using var content = await store.ReadAsync(blob, cancellationToken).ConfigureAwait(false);
        var json = Encoding.UTF8.GetString(content.ToArray());
        return (json, ModelConfigReader.Parse(json, $"{manifest.Run}/{ModelFolder.ConfigFile}", ofRun: true));
    }

    /// <summary>Checks settings that a manifest names.</summary>
    /// <param name="manifest">The manifest.</param>
    /// <param name="check">Throws <see cref="InvalidTrainingSettingException"/> where one is wrong.</param>
    /// <exception cref="InvalidDataFileException">One is wrong; the message names the run and the setting.</exception>
    internal static void Check(Manifest manifest, Action check)
    {
        try
        {
            check();
        }
        catch (InvalidTrainingSettingException e)
        {
            throw Wrong(manifest, e.Message);
        }
    }

    /// <summary>What to throw where a setting that a manifest names is wrong.</summary>
    /// <param name="manifest">The manifest.</param>
    /// <param name="problem">The setting, what is wrong with it, and what would be right.</param>
    internal static InvalidDataFileException Wrong(Manifest manifest, string problem) =>
        new($"the settings of run '{manifest.Run}' ({manifest.Spec.Sha256})", problem);
}
