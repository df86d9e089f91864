using System.Text;
using System.Text.Json;
using LisaOrleans.Checkpoints;
using LisaOrleans.Model;

namespace LisaOrleans.Training;

/// <summary>What a manifest says of a run besides its weights: its settings and its model's config.json.</summary>
public static class RunFiles
{
    /// <summary>The run's settings.</summary>
    /// <exception cref="InvalidDataFileException">The blob holds no settings.</exception>
    public static async Task<TrainingSpec> ReadSpecAsync(IBlobStore store, Manifest manifest, CancellationToken cancellationToken)
    {
        using var content = await store.ReadAsync(manifest.Spec, cancellationToken).ConfigureAwait(false);
        try
        {
            return JsonSerializer.Deserialize<TrainingSpec>(content.ToArray())
                ?? throw new InvalidDataFileException(manifest.Spec.Sha256, "the settings are empty");
        }
        catch (JsonException e)
        {
            throw new InvalidDataFileException(manifest.Spec.Sha256, $"holds no settings of a run: {JsonFault.Describe(e)}");
        }
    }

    /// <summary>A run's last manifest and its settings; null where there is no such run, or it has no manifest yet.</summary>
    /// <exception cref="InvalidDataFileException">The run's head, its manifest or its settings are no such things.</exception>
    public static async Task<(Manifest Manifest, TrainingSpec Spec)?> FindAsync(IBlobStore store, string run, CancellationToken cancellationToken)
    {
        if (await RunStore.ReadHeadAsync(store, run, cancellationToken).ConfigureAwait(false) is not { Manifest: { } blob }) return null;
        var manifest = await RunStore.ReadManifestAsync(store, blob, cancellationToken).ConfigureAwait(false);
        return (manifest, await ReadSpecAsync(store, manifest, cancellationToken).ConfigureAwait(false));
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
        return (json, ModelConfigReader.Parse(json, $"{manifest.Run}/{ModelFolder.ConfigFile}"));
    }
}
