using LisaOrleans.Checkpoints;

namespace LisaOrleans.Training;

/// <summary>
/// The files of a manifest's model, except for its weights, in a temporary folder that is deleted when this is disposed:
/// tokenizers are read from a folder, whatever files they are made of.
/// </summary>
internal sealed class ManifestFolder : IDisposable
{
    private ManifestFolder()
    {
    }

    /// <summary>Where it is.</summary>
    public string Path { get; } = Directory.CreateTempSubdirectory("lisa-tokenizer-").FullName;

    /// <summary>Writes them.</summary>
    public static async Task<ManifestFolder> WriteAsync(IBlobStore store, Manifest manifest, CancellationToken cancellationToken)
    {
        var folder = new ManifestFolder();
        try
        {
            foreach (var (name, blob) in manifest.Files.Where(f => ModelFileNames.IsKnown(f.Key)))
            {
                using var content = await store.ReadAsync(blob, cancellationToken).ConfigureAwait(false);
                var path = System.IO.Path.Combine(folder.Path, name);
                Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
                await File.WriteAllBytesAsync(path, content.ToArray(), cancellationToken).ConfigureAwait(false);
            }

            return folder;
        }
        catch
        {
            folder.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Directory.Delete(Path, recursive: true);
}
