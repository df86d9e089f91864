using LisaOrleans.Model;

namespace LisaOrleans.Training;

/// <summary>How GGUF describes a family: its name there, what it calls the tensors, and what it does to them.</summary>
internal sealed record GgufArchitecture
{
    // The shortest that Ollama takes by itself.
    private const int UsualContext = 4096;

    /// <value>Value of <c>general.architecture</c>, with which most keys begin.</value>
    public required string Name { get; init; }

    /// <value>The family's numbers.</value>
    public required DecoderConfig Config { get; init; }

    /// <value>Longest sequence on which programs that read such a file compute what we compute.</value>
    public required int ContextLength { get; init; }

    /// <value>
    /// The context that Ollama has to be told, as keys and values for all of it are allocated at once: up to that, all positions turn as in
    /// training, since llama.cpp chooses LongRoPE's factors by the context. Null where Ollama's own will do.
    /// </value>
    public int? NeededContextLength =>
        Config.Rope.Scaling is LongRopeScaling { OriginalMaxPositionEmbeddings: var original } && original < ContextLength ? original
        : ContextLength < UsualContext ? ContextLength
        : null;

    /// <value>GGUF's names of a layer's modules, by Hugging Face's.</value>
    public required IReadOnlyDictionary<string, string> Modules { get; init; }

    /// <value>
    /// Whether neighbours in a head rotate together, where with Hugging Face i and i + K/2 do: the rows of queries and keys are
    /// then reordered.
    /// </value>
    public bool PairsNeighbours { get; init; }

    /// <value>Whether norms hold 1 + weight, where Hugging Face's hold the weight.</value>
    public bool AddsOneToNorms { get; init; }

    /// <value>Keys that only this family has, without the family's name in front.</value>
    public IReadOnlyList<KeyValuePair<string, object>> More { get; init; } = [];

    /// <value>Tensors that Hugging Face keeps in config.json, [n], float32.</value>
    public IReadOnlyList<KeyValuePair<string, float[]>> Factors { get; init; } = [];

    /// <summary>GGUF's name of a tensor.</summary>
    /// <param name="name">Hugging Face's.</param>
    public string TensorName(string name)
    {
        var end = name.LastIndexOf('.');
        var (module, kind) = (name[..end], name[end..]);
        const string Layers = "model.layers.";
        if (!module.StartsWith(Layers, StringComparison.Ordinal)) return Outer(module) + kind;
        var index = module[Layers.Length..module.IndexOf('.', Layers.Length)];
        return $"blk.{index}.{Modules[module[(Layers.Length + index.Length + 1)..]]}{kind}";
    }

    private static string Outer(string module) => module switch
    {
        "model.embed_tokens" => "token_embd",
        "model.norm" => "output_norm",
        "lm_head" => "output",
        _ => throw new ArgumentException($"no tensor of a {nameof(DecoderConfig)} is called {module}", nameof(module)),
    };

    /// <summary>Number of heads whose rows are reordered; null where none are.</summary>
    /// <param name="name">Hugging Face's name of the tensor.</param>
    public int? PairedHeads(string name) => !PairsNeighbours ? null
        : name.Contains(".q_proj.", StringComparison.Ordinal) ? Config.NumAttentionHeads
        : name.Contains(".k_proj.", StringComparison.Ordinal) ? Config.NumKeyValueHeads
        : null;

    /// <summary>Whether 1 is added to a tensor.</summary>
    /// <param name="name">Hugging Face's name of the tensor.</param>
    public bool AddsOne(string name) => AddsOneToNorms && name.EndsWith("norm.weight", StringComparison.Ordinal);
}
