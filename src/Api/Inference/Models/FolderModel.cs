using System.Globalization;
using LisaOrleans.Model;
using LisaOrleans.Training;

namespace LisaOrleans.Api;

/// <summary>A base model: a Hugging Face folder.</summary>
internal sealed class FolderModel : ServableModel
{
    private readonly string _folder;
    private readonly string _dtype;
    private readonly string _template;

    private FolderModel(string folder, ModelConfig config, string dtype, string template)
        : base(config, RunDtypes.OfAnswers(dtype, config), Fingerprint(folder, template)) =>
        (_folder, _dtype, _template) = (folder, dtype, template);

    /// <summary>Opens a folder and checks it.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="template">Name of its chat template.</param>
    public static FolderModel Open(string folder, string template)
    {
        using var files = ModelFolder.Open(folder);
        return new FolderModel(folder, files.Config, files.Dtype, template);
    }

    public override Task<LoadedModel> LoadAsync(CancellationToken cancellationToken)
    {
        var text = ModelText.Load(_folder, TimeProvider.System.GetLocalNow());
        return Task.FromResult(new LoadedModel(ModelLoader.Load(_folder, _dtype), text, _template));
    }

    // By size and time of every file: hashing the weights for each request would take longer than answering it.
    private static string Fingerprint(string folder, string template) => string.Join('|', new DirectoryInfo(folder).EnumerateFiles()
        .OrderBy(f => f.Name, StringComparer.Ordinal)
        .Select(f => string.Create(CultureInfo.InvariantCulture, $"{f.FullName} {f.Length} {f.LastWriteTimeUtc.Ticks}"))
        .Prepend(template));
}
