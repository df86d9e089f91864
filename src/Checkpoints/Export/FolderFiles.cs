namespace LisaOrleans.Checkpoints;

/// <summary>The files of a model's or an adapter's folder beside its weights.</summary>
public static class FolderFiles
{
    /// <summary>
    /// Writes them, each whole or not at all, and deletes those of <see cref="ModelFileNames"/> that are not among them: a
    /// template or a tokenizer that another model left there would be taken for this one's.
    /// </summary>
    /// <param name="files">Their contents by name.</param>
    /// <param name="folder">There already.</param>
    /// <param name="cancellationToken">Cancels between two writes.</param>
    public static async Task WriteAsync(IReadOnlyDictionary<string, byte[]> files, string folder, CancellationToken cancellationToken)
    {
        foreach (var (name, content) in files)
        {
            var path = Path.Combine(folder, ModelFileNames.IsKnown(name) ? name : Path.GetFileName(name));
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            await AtomicFile.WriteAllBytesAsync(path, content, cancellationToken).ConfigureAwait(false);
        }

        foreach (var name in ModelFileNames.In(folder).ToList())
            if (!files.ContainsKey(name)) File.Delete(Path.Combine(folder, name));
    }
}
