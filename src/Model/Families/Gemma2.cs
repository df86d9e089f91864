namespace LisaOrleans.Model;

/// <summary>
/// Gemma 2 (arXiv 2408.00118; Hugging Face: Gemma2ForCausalLM): Gemma with norms before and after each block, soft caps on
/// attention scores and logits, and a window in every other layer.
/// </summary>
public sealed record Gemma2 : GemmaConfig
{
    internal Gemma2(ConfigFields json)
        : base(json, maxPositions: 8192, keyValueHeads: 4)
    {
        // The first files have both names.
        const string Name = "sliding_window", Older = "sliding_window_size";
        var older = json.CountOrNull(Older, null);
        var window = json.States(Name) ? json.CountOrNull(Name, null) : older ?? 4096;
        if (window is not null && older is not null && older != window)
            throw json.Wrong(Older, $"is {older}, but {Name} is {window}; they are the same number");
        Windows = json.Windows(NumHiddenLayers, window, i => i % 2 == 0);
        QueryPreAttnScalar = json.Number("query_pre_attn_scalar", 256, above: 0);
        AttnLogitSoftcapping = Cap("attn_logit_softcapping", 50);
        FinalLogitSoftcapping = Cap("final_logit_softcapping", 30);

        // Null means no cap; a missing cap is the default.
        double? Cap(string name, double otherwise) => json.States(name) ? json.OptionalNumber(name) : otherwise;
    }

    /// <value>The window of each layer; null for none.</value>
    public IReadOnlyList<int?> Windows { get; init; }

    /// <value>Scores are divided by its root.</value>
    public double QueryPreAttnScalar { get; init; }

    /// <value>c of scores that become c · tanh(s / c); null for no cap.</value>
    public double? AttnLogitSoftcapping { get; init; }

    /// <value>The same for logits.</value>
    public double? FinalLogitSoftcapping { get; init; }

    internal override DecoderLayer Layer(int index, WeightScope scope) => SandwichLayer(index, scope, Heads with
    {
        Window = Windows[index],
        Scale = 1 / Math.Sqrt(QueryPreAttnScalar),
        Softcap = AttnLogitSoftcapping,
    });

    internal override OutputHead Head(WeightScope scope) =>
        new(Norm(scope, "model.norm", HiddenSize), HeadMatrix(scope)) { Softcap = FinalLogitSoftcapping };
}
