using System.Text.Json;
using System.Text.Json.Nodes;
using LisaOrleans.Checkpoints;
using LisaOrleans.Data;
using static LisaOrleans.Training.TrainedFiles;

namespace LisaOrleans.Training;

/// <summary>
/// Where the text of a model with an adapter comes from. A tokenizer and a chat template that the adapter's folder has are those that
/// it was trained with, and take the place of the model's: each for itself, and as a whole.
/// </summary>
public sealed class AdaptedText
{
    // Says that the adapter's tokenizer and template are the run's; older builds took the model's.
    private const string Property = "adapter_text";

    // Says that the model completes the adapter's tokenizer; older builds looked for its files beside that.
    private const string CompletedProperty = "adapter_tokenizer_completed";

    private readonly string _model;
    private readonly string? _adapter;

    /// <summary>Looks at the folders.</summary>
    /// <param name="model">The model's.</param>
    /// <param name="adapter">The adapter's; null for none.</param>
    /// <exception cref="TokenizerException">The adapter's tokenizer_config.json is wrong.</exception>
    public AdaptedText(string model, string? adapter = null)
    {
        (_model, _adapter) = (model, adapter);
        TokenizerFolder = adapter is not null && ModelFileNames.Vocabularies.Any(n => File.Exists(Path.Combine(adapter, n))) ? adapter : model;
        TemplateFolder = adapter is not null && FolderChatTemplate.IsIn(adapter) ? adapter : model;
    }

    /// <summary>The folder of the tokenizer, with its special tokens.</summary>
    public string TokenizerFolder { get; }

    /// <summary>The folder of the chat templates, if there are any.</summary>
    public string TemplateFolder { get; }

    // Whether the model says what an adapter's tokenizer leaves out, as it does where all files lie in one folder.
    private bool IsCompleted { get; init; } = true;

    /// <summary>That of a run, as it was where the run has begun.</summary>
    /// <param name="request">What the run is made from.</param>
    /// <param name="began">A manifest of the run; null for a new one.</param>
    /// <exception cref="TokenizerException">The adapter's tokenizer_config.json is wrong.</exception>
    internal static AdaptedText Of(RunRequest request, Manifest? began) =>
        new(request.ModelFolder, began?.Properties.ContainsKey(Property) == false ? null : request.AdapterFolder)
        {
            IsCompleted = began?.Properties.ContainsKey(CompletedProperty) != false,
        };

    /// <summary>Notes how a new run reads it.</summary>
    /// <param name="properties">Of the run's first manifest.</param>
    internal void AddTo(Dictionary<string, string> properties)
    {
        if (_adapter is null) return;
        foreach (var name in (string[])[Property, CompletedProperty]) properties.Add(name, "true");
    }

    /// <summary>The path of config.json or generation_config.json, which say what the tokenizer's own files leave out.</summary>
    /// <param name="name">Which.</param>
    public string OfModel(string name) => IsCompleted ? PathOf(name) : Path.Combine(TokenizerFolder, name);

    /// <summary>The path of a file that is neither of the tokenizer nor a template: the adapter's, if it has it, else the model's.</summary>
    /// <param name="name">Its name; config.json is always the model's.</param>
    public string PathOf(string name) =>
        name != ModelFileNames.Config && _adapter is not null && Path.Combine(_adapter, name) is var own && File.Exists(own)
            ? own
            : Path.Combine(_model, name);

    /// <summary>All files of the model but its weights, as one folder would have them, by name.</summary>
    /// <exception cref="InvalidDataFileException">A tokenizer_config.json is wrong.</exception>
    public async Task<Dictionary<string, byte[]>> ReadAsync(CancellationToken cancellationToken)
    {
        var files = new Dictionary<string, byte[]>();
        foreach (var name in ModelFileNames.In(_model).Concat(_adapter is null ? [] : ModelFileNames.In(_adapter)).Distinct())
        {
            var path = ModelFileNames.IsTemplate(name) ? Path.Combine(TemplateFolder, name)
                : ModelFileNames.Tokenizer.Contains(name) ? Path.Combine(TokenizerFolder, name)
                : PathOf(name);
            if (File.Exists(path)) files[name] = await File.ReadAllBytesAsync(path, cancellationToken);
        }

        if (TokenizerFolder != TemplateFolder) MoveTemplate(files);
        return files;
    }

    // Templates may lie in the tokenizer's own configuration.
    private void MoveTemplate(Dictionary<string, byte[]> files)
    {
        var (to, from) = (Path.Combine(TokenizerFolder, TokenizerConfigFile), Path.Combine(TemplateFolder, TokenizerConfigFile));
        var template = files.ContainsKey(ModelFileNames.ChatTemplate) || !File.Exists(from)
            ? null
            : Parse(File.ReadAllBytes(from), from)[TemplateField];
        if (template is null && !files.ContainsKey(TokenizerConfigFile)) return;
        var config = files.TryGetValue(TokenizerConfigFile, out var own) ? Parse(own, to) : [];
        if (template is not null) config[TemplateField] = template.DeepClone();
        else if (!config.Remove(TemplateField)) return;
        files[TokenizerConfigFile] = ToJson(config);
    }

    private static JsonObject Parse(byte[] json, string file)
    {
        try
        {
            return JsonNode.Parse(json) as JsonObject ?? throw new InvalidDataFileException(file, "must be a JSON object");
        }
        catch (JsonException e)
        {
            throw new InvalidDataFileException(file, JsonFault.Describe(e));
        }
    }
}
