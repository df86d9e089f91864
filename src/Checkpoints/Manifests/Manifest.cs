using System.Text.Json;
using System.Text.Json.Serialization;

namespace LisaOrleans.Checkpoints;

/// <summary>Which blobs make up a run at a step. Itself a blob of JSON.</summary>
public sealed record Manifest
{
    /// <value>The version of this format. Readers refuse others.</value>
    public int FormatVersion { get; init; } = 1;

    /// <value>The run's name.</value>
    public required string Run { get; init; }

    /// <value>The generation that wrote it.</value>
    public required long Generation { get; init; }

    /// <value>The last step whose update is in it.</value>
    public required long Step { get; init; }

    /// <value>Whether that was the run's last step.</value>
    public bool Completed { get; init; }

    /// <value>The run's settings, JSON.</value>
    public required BlobRef Spec { get; init; }

    /// <value>State by part.</value>
    public required IReadOnlyDictionary<string, PartState> Parts { get; init; }

    /// <value>
    /// Tensors of the model that do not train, by the names of its folder: those of a multimodal model's other parts. Exports
    /// contain them unchanged. Null for none.
    /// </value>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public BlobRef? OtherTensors { get; init; }

    /// <value>config.json and tokenizer files by name.</value>
    public required IReadOnlyDictionary<string, BlobRef> Files { get; init; }

    /// <value>Tokenised training data.</value>
    public BlobRef? Dataset { get; init; }

    /// <value>Tokenised evaluation data.</value>
    public BlobRef? EvalDataset { get; init; }

    /// <value>
    /// Log probabilities of the training data's samples under the model that the run began with; null (default) where its objective
    /// needs none, or they are not known yet.
    /// </value>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public BlobRef? ReferenceLogProbs { get; init; }

    /// <value>The same of the evaluation data.</value>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public BlobRef? EvalReferenceLogProbs { get; init; }

    /// <value>Records of all steps so far.</value>
    public required IReadOnlyList<LogSegment> Log { get; init; }

    /// <value>What else is worth knowing, by name.</value>
    public IReadOnlyDictionary<string, string> Properties { get; init; } = new Dictionary<string, string>();

    /// <summary>The state of a part.</summary>
    /// <exception cref="InvalidDataFileException">It has none.</exception>
    public PartState Part(string name) =>
        Parts.GetValueOrDefault(name) ?? throw new InvalidDataFileException($"manifest of {Run}", $"part '{name}' is missing");

    /// <summary>Every blob that it names.</summary>
    public IEnumerable<BlobRef> References() => RunBlobs.Named(this).Select(n => n.Blob).OfType<BlobRef>();

    /// <summary>The name of its blob.</summary>
    public BlobRef ToBlobRef()
    {
        var blob = new BytesBlob(ToJson());
        return new BlobRef(blob.Sha256, blob.Length);
    }

    internal byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(
        this with
        {
            Parts = new SortedDictionary<string, PartState>(Parts.ToDictionary(), StringComparer.Ordinal),
            Files = new SortedDictionary<string, BlobRef>(Files.ToDictionary(), StringComparer.Ordinal),
            Properties = new SortedDictionary<string, string>(Properties.ToDictionary(), StringComparer.Ordinal),
        },
        ManifestJson.Default.Manifest);

    internal static Manifest FromJson(ReadOnlySpan<byte> json, string name)
    {
        try
        {
            var manifest = JsonSerializer.Deserialize(json, ManifestJson.Default.Manifest)
                ?? throw new InvalidDataFileException(name, "must be a JSON object");
            if (manifest.FormatVersion != 1)
                throw new InvalidDataFileException(name, $"field 'FormatVersion' is {manifest.FormatVersion}; this program reads 1");
            StoredFields.CheckBlobs(name, "field 'Parts'", manifest.Parts.Values.Select(p => p?.Weights));
            StoredFields.CheckBlobs(name, "field 'Log'", manifest.Log.Select(s => s?.Blob));
            StoredFields.CheckBlobs(name, "field 'Files'", manifest.Files.Values);
            foreach (var (blob, what) in RunBlobs.Named(manifest))
                if (blob is not null) StoredFields.CheckBlobs(name, what, [blob]);
            return manifest.Properties.Values.Any(p => p is null)
                ? throw new InvalidDataFileException(name, $"field '{nameof(Properties)}' must not hold null")
                : manifest;
        }
        catch (JsonException e)
        {
            throw new InvalidDataFileException(name, JsonFault.Describe(e));
        }
    }
}
