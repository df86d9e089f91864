using System.Globalization;
using LisaOrleans.Checkpoints;
using LisaOrleans.Model;
using LisaOrleans.Training;

namespace LisaOrleans.Api;

/// <summary>A base model: a Hugging Face folder.</summary>
internal sealed class FolderModel : ServableModel
{
    private readonly string _folder;
    private readonly PartDtypes _dtypes;
    private readonly string _template;

    private FolderModel(string folder, ModelConfig config, PartDtypes dtypes, string template, string version)
        : base(config, dtypes, version) =>
        (_folder, _dtypes, _template) = (folder, dtypes, template);

    /// <summary>Opens a folder and checks it.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="template">Name of its chat template.</param>
    /// <param name="last">What the folder was last; it is returned if no file has changed since. Null where it was not opened yet.</param>
    /// <param name="room">Bytes of memory for the weights of a model; null (default) for half of this machine's.</param>
    public static FolderModel Open(string folder, string template, FolderModel? last = null, Func<ModelConfig, long>? room = null)
    {
        var version = Fingerprint(folder, template);
        if (last?.Version == version) return last;
        using var files = ModelFolder.Open(folder);
        var dtypes = RunDtypes.OfAnswers(files.Dtype, files.Config, room: room);
        return new FolderModel(folder, files.Config, dtypes, template, version);
    }

    public override Task<LoadedModel> LoadAsync(CancellationToken cancellationToken)
    {
        var text = ModelText.Load(_folder, TimeProvider.System.GetLocalNow());
        return Task.FromResult(new LoadedModel(ModelLoader.LoadAs(_folder, _dtypes), text, _template));
    }

    // By size and time of every file: hashing the weights for each request would take longer than answering it.
    private static string Fingerprint(string folder, string template) => string.Join('|', new DirectoryInfo(folder).EnumerateFiles()
        .OrderBy(f => f.Name, StringComparer.Ordinal)
        .Select(f => Describe(f.FullName, LinkedFile.Resolve(f.FullName)))
        .Prepend(template));

    // A link keeps its own size and time, whatever is done to its target.
    private static string Describe(string path, FileInfo file) => file.Exists
        ? string.Create(CultureInfo.InvariantCulture, $"{path} {file.FullName} {file.Length} {file.LastWriteTimeUtc.Ticks}")
        : path;
}
