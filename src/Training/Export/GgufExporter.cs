using LisaOrleans.Checkpoints;
using LisaOrleans.Data;

namespace LisaOrleans.Training;

/// <summary>
/// Writes a run's manifest as a GGUF file, for llama.cpp and what is built on it, with Ollama's Modelfile beside it.
/// </summary>
public static class GgufExporter
{
    /// <summary>Names of the number types that can be asked for.</summary>
    public static IReadOnlyList<string> Types { get; } = ["f32", "f16", "bf16", "q8_0"];

    /// <summary>The type with such a name.</summary>
    public static GgufType Type(string word) => Enum.Parse<GgufType>(word, ignoreCase: true);

    /// <summary>Writes both files; each appears whole or not at all.</summary>
    /// <param name="store">The store.</param>
    /// <param name="manifest">The manifest; no run need keep it.</param>
    /// <param name="run">Its address, which names the file.</param>
    /// <param name="type">How matrices are stored.</param>
    /// <param name="outputFolder">Created if it does not exist.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="InvalidDataFileException">
    /// The model's family, or something in its config.json, cannot be expressed in GGUF.
    /// </exception>
    /// <exception cref="TokenizerException">Its tokenizer cannot.</exception>
    public static async Task<GgufExport> ExportAsync(
        IBlobStore store, Manifest manifest, string run, GgufType type, string outputFolder, CancellationToken cancellationToken)
    {
        if (AdapterFiles.IsMadeBy(manifest))
        {
            throw new InvalidDataFileException(
                $"run '{run}'", "has made an adapter, not a model; 'lisa export' writes it, and 'lisa merge' makes a whole model of it");
        }

        var (_, config) = await RunFiles.ReadConfigAsync(store, manifest, cancellationToken);
        var architecture = GgufArchitectures.Of(config);
        using var folder = await ManifestFolder.WriteAsync(store, manifest, cancellationToken);
        var vocabulary = GgufVocabulary.Read(folder.Path, config.VocabSize);
        var text = ModelText.Load(folder.Path, TimeProvider.System.GetLocalNow());
        var template = RunModel.TemplateOf(manifest);
        var encoder = text.Encoder(template);
        var end = encoder.EndOfTurn();
        if (vocabulary.SpaceIsForBeginning && encoder.BeginsWithSpecialToken()) vocabulary = vocabulary with { AddSpacePrefix = false };

        // A GGUF file has one place for a template: it gets the one that was trained.
        var trained = Path.Combine(folder.Path, ModelFileNames.AdditionalTemplate(template));
        if (template != ChatTemplates.Auto && File.Exists(trained))
            vocabulary = vocabulary with { ChatTemplate = await File.ReadAllTextAsync(trained, cancellationToken) };

        Directory.CreateDirectory(outputFolder);
        AtomicFile.DeleteUnfinished(outputFolder);
        var name = run.Replace('@', '-');
        var path = Path.Combine(outputFolder, $"{name}-{type}.gguf");
        var metadata = GgufMetadata.Of(name, architecture, vocabulary, TurnEnd(), type);
        await WriteWeights(store, manifest, architecture, type, path, metadata, cancellationToken);
        var ollama = OllamaTemplate.Of(template, text.Template, text.Tokenizer, vocabulary);
        var modelfile = Modelfile.Write(
            Path.GetFileName(path), ollama, vocabulary, [.. config.EosTokenIds, .. text.StopIds(end)], end.Text,
            architecture.NeededContextLength);
        await AtomicFile.WriteAllBytesAsync(
            Path.Combine(outputFolder, Modelfile.FileName), System.Text.Encoding.UTF8.GetBytes(modelfile), cancellationToken);
        return new GgufExport(path, ollama.Note);

        // The first id, other than the tokenizer's end, that ends an answer.
        int? TurnEnd() => text.StopIds(end).Reverse().Concat(config.EosTokenIds)
            .Select(id => (int?)id).FirstOrDefault(id => id != vocabulary.EosTokenId);
    }

    private static async Task WriteWeights(
        IBlobStore store, Manifest manifest, GgufArchitecture architecture, GgufType type, string path,
        IReadOnlyList<KeyValuePair<string, object>> metadata, CancellationToken cancellationToken)
    {
        var tensors = new GgufTensors(architecture, type);
        var factors = architecture.Factors.ToDictionary(f => f.Key, f => f.Value);
        var sources = new Dictionary<string, (string Part, string Name)>();
        var list = new List<GgufTensor>(factors.Select(f => new GgufTensor(f.Key, GgufType.F32, [f.Value.Length])));
        foreach (var part in PartName.All(architecture.Config.NumHiddenLayers))
        {
            foreach (var spec in PartStorage.Specs(architecture.Config, part))
            {
                var tensor = tensors.Of(spec.Name, spec.Shape);
                sources.Add(tensor.Name, (part, spec.Name));
                list.Add(tensor);
            }
        }

        using var opened = new OpenedParts(store, manifest);
        await GgufWriter.WriteAsync(path, metadata, list, Write, cancellationToken);

        async Task Write(GgufTensor tensor, Stream stream, CancellationToken token)
        {
            if (factors.TryGetValue(tensor.Name, out var numbers))
            {
                var bytes = new byte[tensor.Length];
                GgufRows.Write(GgufType.F32, numbers, bytes);
                await stream.WriteAsync(bytes, token);
                return;
            }

            var (part, name) = sources[tensor.Name];
            var weight = await opened.FindAsync(part, name, token);
            await tensors.WriteAsync(tensor, weight, stream, token);
        }
    }
}
