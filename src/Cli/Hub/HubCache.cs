using LisaOrleans.Checkpoints;

namespace LisaOrleans.Cli;

/// <summary>
/// A model in a cache of Hugging Face's layout: <c>blobs</c> named by their hash, <c>snapshots/COMMIT</c> with a link for each
/// file, <c>refs</c> with the commit of a revision. Other tools read it, and theirs is read here.
/// </summary>
/// <param name="cache">The cache.</param>
/// <param name="model">The model.</param>
internal sealed class HubCache(string cache, HubModelId model)
{
    private readonly string _folder = Path.Combine(cache, model.CacheFolder);

    /// <summary>Where the blob of a hash is, or would be.</summary>
    public string Blob(string hash) => Path.Combine(_folder, "blobs", hash);

    /// <summary>The folder of a commit.</summary>
    public string Snapshot(string commit) => Path.Combine(_folder, "snapshots", commit);

    /// <summary>The folder of the revision, as far as it is known here; null where it is not.</summary>
    public string? Find()
    {
        if (Directory.Exists(Snapshot(model.Revision))) return Snapshot(model.Revision);
        var reference = Path.Combine(_folder, "refs", model.Revision);
        var commit = File.Exists(reference) ? File.ReadAllText(reference).Trim() : "";
        return commit.Length == 40 && commit.All(char.IsAsciiHexDigitLower) && Directory.Exists(Snapshot(commit)) ? Snapshot(commit) : null;
    }

    /// <summary>What a folder needs before it can be trained, but for its tokenizer; empty where all is there.</summary>
    /// <param name="snapshot">The folder.</param>
    /// <param name="names">Names of the files that are to be in it; null (default) for those that are there.</param>
    public static IReadOnlyList<string> Missing(string snapshot, IReadOnlyCollection<string>? names = null) =>
        [.. WeightFiles.Of(snapshot, names).Prepend(ModelFileNames.Config).Where(name => !File.Exists(Path.Combine(snapshot, name)))];

    /// <summary>Whether a folder has a tokenizer.</summary>
    public static bool HasTokenizer(string snapshot) => ModelFileNames.Vocabularies.Any(name => File.Exists(Path.Combine(snapshot, name)));

    /// <summary>Makes a file of a snapshot out of its blob.</summary>
    public void Link(string commit, HubFile file)
    {
        var path = Path.Combine(Snapshot(commit), file.Name);
        if (File.Exists(path)) return;
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.Delete(path);
        try
        {
            File.CreateSymbolicLink(path, Path.GetRelativePath(Path.GetDirectoryName(path)!, Blob(file.Hash)));
        }
        catch (Exception e) when (OperatingSystem.IsWindows() && e is IOException or UnauthorizedAccessException)
        {
            // Links need a privilege there.
            File.Copy(Blob(file.Hash), path);
        }
    }

    /// <summary>Says which commit the revision is, once all of it is there.</summary>
    public Task SetRevisionAsync(string commit, CancellationToken cancellationToken)
    {
        if (commit == model.Revision) return Task.CompletedTask;
        var reference = Path.Combine(_folder, "refs", model.Revision);
        Directory.CreateDirectory(Path.GetDirectoryName(reference)!);
        return AtomicFile.WriteAllBytesAsync(reference, System.Text.Encoding.ASCII.GetBytes(commit), cancellationToken);
    }
}
