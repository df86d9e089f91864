using System.Globalization;
using LisaOrleans.Checkpoints;

namespace LisaOrleans.Training;

/// <summary>
/// The files of a submission, brought from the store into a temporary folder that is deleted when this is disposed.
/// </summary>
public sealed class SubmittedFiles : IDisposable
{
    private const int LongestName = 200;
    private const string WeightsSuffix = ".safetensors";

    private readonly string _root = Directory.CreateTempSubdirectory("lisa-import-").FullName;

    private SubmittedFiles()
    {
    }

    public string Model => Path.Combine(_root, "model");

    /// <summary>The folder of the adapter; null for none.</summary>
    public string? Adapter { get; private set; }

    /// <summary>The sources of the training data, as they lie here.</summary>
    public string Data { get; private set; } = "";

    /// <summary>Those of the evaluation data; null for none.</summary>
    public string? EvalData { get; private set; }

    /// <summary>Checks the names, which become paths here, and copies the files.</summary>
    public static async Task<SubmittedFiles> FetchAsync(IBlobStore store, RunSubmission submission, CancellationToken cancellationToken)
    {
        var files = new SubmittedFiles();
        try
        {
            foreach (var file in submission.Model)
            {
                if (!ModelFileNames.IsKnown(file.Name) && file.Name != WeightFiles.Index
                    && !file.Name.EndsWith(WeightsSuffix, StringComparison.Ordinal))
                    throw new InvalidTrainingInputException(
                        $"model: '{file.Name}' is not a model file; {ModelFolder.ConfigFile}, tokenizer files and *{WeightsSuffix} are");
                await files.CopyAsync(store, "model", file, cancellationToken);
            }

            foreach (var file in submission.Adapter ?? [])
            {
                if (!AdapterFiles.All.Contains(file.Name) && (!ModelFileNames.IsKnown(file.Name) || file.Name == ModelFolder.ConfigFile))
                    throw new InvalidTrainingInputException(
                        $"adapter: '{file.Name}' is not an adapter's file; {string.Join(", ", AdapterFiles.All)} and tokenizer files are");
                await files.CopyAsync(store, "adapter", file, cancellationToken);
                files.Adapter = Path.Combine(files._root, "adapter");
            }

            files.Data = await files.CopyAsync(store, "data", submission.Data, cancellationToken);
            if (submission.EvalData is { Count: > 0 } evalData)
                files.EvalData = await files.CopyAsync(store, "eval-data", evalData, cancellationToken);
            return files;
        }
        catch
        {
            files.Dispose();
            throw;
        }
    }

    /// <summary>A message without this machine's paths: whoever reads it has other ones.</summary>
    public string Plain(string message) => message.Replace(_root + Path.DirectorySeparatorChar, "", StringComparison.Ordinal);

    public void Dispose() => Directory.Delete(_root, recursive: true);

    // One file lies where its name says; several sources each in a folder of its own.
    private async Task<string> CopyAsync(
        IBlobStore store, string kind, IReadOnlyList<SubmittedSource> sources, CancellationToken cancellationToken)
    {
        var texts = new List<string>();
        foreach (var (i, source) in sources.Index())
        {
            var folder = source is { Kind: DataSourceKind.File } && sources.Count == 1 ? kind : $"{kind}/{i}";
            if (source.Files.Count == 0 || (source.Kind == DataSourceKind.File && source.Files.Count > 1))
                throw new InvalidTrainingInputException($"{kind}: source {i + 1} has {source.Files.Count} files");
            if (source.Part is { } part && (source.Kind != DataSourceKind.Folder || !DataSourcePaths.IsPart(part)))
                throw new InvalidTrainingInputException($"{kind}: source {i + 1} is no folder with a part '{part}'");
            var path = "";
            foreach (var file in source.Files) path = await CopyAsync(store, folder, file, cancellationToken, source.Kind == DataSourceKind.Folder);
            path = source.Kind switch
            {
                DataSourceKind.Folder => Path.Combine(_root, folder) + (source.Part is null ? "" : $"#{source.Part}"),
                DataSourceKind.Pattern => Path.Combine(_root, folder, "*"),
                _ => path,
            };
            texts.Add(source.Weight == 1 ? path : string.Create(CultureInfo.InvariantCulture, $"{path}:{source.Weight:R}"));
        }

        return texts.Count > 0 ? string.Join(',', texts) : throw new InvalidTrainingInputException($"{kind}: there is no source");
    }

    private async Task<string> CopyAsync(
        IBlobStore store, string kind, NamedBlob file, CancellationToken cancellationToken, bool mayLieBelow = false)
    {
        var isFine = mayLieBelow ? file.Name.Split('/').All(IsPlainName) : IsPlainName(file.Name) || ModelFileNames.IsAdditionalTemplate(file.Name);
        if (!isFine) throw new InvalidTrainingInputException($"{kind}: '{file.Name}' is not a file name; it must be a name without a folder");
        if (!BlobRef.IsName(file.Blob.Sha256) || file.Blob.Length < 0)
            throw new InvalidTrainingInputException($"{kind}/{file.Name}: '{file.Blob.Sha256}' with {file.Blob.Length} bytes is not a blob");
        var path = Path.Combine(_root, kind, file.Name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using var content = await store.ReadAsync(new BlobRef(file.Blob.Sha256, file.Blob.Length), cancellationToken);
        await using var target = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 16, FileOptions.Asynchronous);
        await content.AsStream().CopyToAsync(target, cancellationToken);
        return path;
    }

    private static bool IsPlainName(string name) =>
        name.Length is > 0 and <= LongestName && name[0] != '.' && name == Path.GetFileName(name)
        && !name.Any(c => char.IsControl(c) || c is '/' or '\\' or ':');
}
