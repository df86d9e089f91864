namespace LisaOrleans.Checkpoints;

/// <summary>Writes a manifest's adapters as a PEFT folder, with nothing but the store.</summary>
internal static class AdapterExporter
{
    /// <summary>
    /// adapter_model.safetensors, adapter_config.json and the tokenizer's files. Each file appears whole or not at all.
    /// </summary>
    public static async Task ExportAsync(
        IBlobStore store, Manifest manifest, IReadOnlyList<string> parts, string folder, CancellationToken cancellationToken)
    {
        AdapterFiles.CheckFolder(folder, adapter: true);

        // The adapters of a part are stored as the weights of one are.
        var adapters = manifest with
        {
            Parts = manifest.Parts.Where(p => p.Value.Adapter is not null)
                .ToDictionary(p => p.Key, p => p.Value with { Weights = p.Value.Adapter! }),
            OtherTensors = null,
        };
        var names = TensorNames.Of(manifest);
        var tensors = await ExportedTensor.ListAsync(store, adapters, [.. parts.Where(adapters.Parts.ContainsKey)], cancellationToken)
            .ConfigureAwait(false);
        var sources = tensors.ToDictionary(t => AdapterFiles.Prefix + AdapterFiles.ModuleName(names, t.Name));

        // config.json would make it a model.
        var files = new Dictionary<string, byte[]>();
        foreach (var (name, blob) in manifest.Files.Where(f => f.Key != ModelFileNames.Config))
        {
            using var content = await store.ReadAsync(blob, cancellationToken).ConfigureAwait(false);
            files[name] = content.ToArray();
        }

        Directory.CreateDirectory(folder);
        AtomicFile.DeleteUnfinished(folder);
        using var opened = new OpenedParts(store, adapters);
        await SafetensorsWriter.WriteFileAsync(
            Path.Combine(folder, AdapterFiles.Weights),
            [.. sources.Select(s => s.Value.Tensor with { Name = s.Key })],
            new Dictionary<string, string> { ["format"] = "pt" },
            WriteAsync, cancellationToken).ConfigureAwait(false);
        await FolderFiles.WriteAsync(files, folder, cancellationToken).ConfigureAwait(false);

        async Task WriteAsync(TensorSource tensor, Stream stream, CancellationToken token)
        {
            var source = sources[tensor.Name];
            var weight = await opened.FindAsync(source.Part, source.Name, token).ConfigureAwait(false);
            await weight.WriteAsync(stream, token).ConfigureAwait(false);
        }
    }
}
