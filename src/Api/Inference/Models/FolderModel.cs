using System.Globalization;
using LisaOrleans.Data;
using LisaOrleans.Model;
using LisaOrleans.Training;
using Microsoft.Extensions.Logging;

namespace LisaOrleans.Api;

/// <summary>A base model: a Hugging Face folder.</summary>
internal sealed partial class FolderModel : ServableModel
{
    private readonly string _folder;
    private readonly string _dtype;
    private readonly string? _template;
    private readonly ILogger _logger;

    private FolderModel(string folder, ModelConfig config, string dtype, string? template, ILogger logger)
        : base(config, PartDtypes.Parse(dtype, "float32"), Fingerprint(folder, template)) =>
        (_folder, _dtype, _template, _logger) = (folder, dtype, template, logger);

    /// <summary>Opens a folder and checks it.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="template">Its chat template; null to tell it by its files.</param>
    /// <param name="logger">Hears of a template that is not known.</param>
    public static FolderModel Open(string folder, string? template, ILogger logger)
    {
        using var files = ModelFolder.Open(folder);
        return new FolderModel(folder, files.Config, files.Dtype, template, logger);
    }

    public override Task<LoadedModel> LoadAsync(CancellationToken cancellationToken)
    {
        var tokenizer = TokenizerLoader.Load(_folder);
        var template = _template ?? ModelChatTemplate.Recognise(_folder);
        if (template is null) LogUnknownTemplate(_folder);
        return Task.FromResult(new LoadedModel(ModelLoader.Load(_folder, _dtype), tokenizer, template ?? "plain"));
    }

    // By size and time of every file: hashing weights for each request would take longer than answering it.
    private static string Fingerprint(string folder, string? template) => string.Join('|', new DirectoryInfo(folder).EnumerateFiles()
        .OrderBy(f => f.Name, StringComparer.Ordinal)
        .Select(f => string.Create(CultureInfo.InvariantCulture, $"{f.FullName} {f.Length} {f.LastWriteTimeUtc.Ticks}"))
        .Prepend(template));

    [LoggerMessage(Level = LogLevel.Warning, Message = "The chat template of {Folder} is none of those known here; its chats are written plainly")]
    private partial void LogUnknownTemplate(string folder);
}
