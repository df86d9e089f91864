namespace LisaOrleans.Model;

/// <summary>
/// gpt-oss (OpenAI, arXiv 2508.10925; Hugging Face: GptOssForCausalLM): every other layer has a window, each head a learned
/// sink, and all layers a mixture of experts whose router and maps have biases.
/// </summary>
public sealed record GptOss : MoeConfig
{
    internal GptOss(ConfigFields json)
        : base(json, maxPositions: 131_072, theta: 150_000, experts: 128, chosen: 4, keyValueHeads: 8, headDim: 64, eps: 1e-5)
    {
        if (HiddenAct != Activation.Silu) throw json.Wrong("hidden_act", "must be silu; the experts of this family have no other");
        if (!json.Has("rope_parameters") && !json.Has("rope_scaling"))
            throw json.Wrong("rope_parameters", "is missing; the default of transformers is the stretching of one model only");
        AttentionBias = json.Flag("attention_bias", true);
        SwigluAlpha = json.Number("swiglu_alpha", 1.702, above: 0);
        SwigluLimit = json.Number("swiglu_limit", 7, above: 0);
        Windows = json.Windows(NumHiddenLayers, json.CountOrNull("sliding_window", 128), i => i % 2 == 0);

        Quantization ??= QuantizationFields.Read(json, WeightQuantization.Mxfp4);

        // OpenAI's own names, besides Hugging Face's.
        const string Chosen = "experts_per_token";
        json.LetPass("initial_context_length");
        if (json.Has(Chosen) && json.Count(Chosen) != NumExpertsPerTok)
            throw json.Wrong(Chosen, $"is {json.Count(Chosen)}, but num_experts_per_tok is {NumExpertsPerTok}; they are the same number");
    }

    /// <value>Biases on queries, keys, values and the attention's output.</value>
    public bool AttentionBias { get; init; }

    /// <value>Steepness of the experts' gate.</value>
    public double SwigluAlpha { get; init; }

    /// <value>Where the experts' gate and up are cut off.</value>
    public double SwigluLimit { get; init; }

    /// <value>The window of each layer; null for none.</value>
    public IReadOnlyList<int?> Windows { get; init; }

    internal override DecoderLayer Layer(int index, WeightScope scope) => PreNormLayer(
        index, scope, Heads with { QkvBias = AttentionBias, OutputBias = AttentionBias, Sinks = true, Window = Windows[index] },
        layer =>
        {
            var block = layer.Under("mlp").OfExperts();
            var router = new Linear(block, "router", HiddenSize, NumExperts, bias: true);
            var experts = new ClampedSwiGluExperts(
                block.Under("experts"), NumExperts, HiddenSize, IntermediateSize, SwigluAlpha, SwigluLimit);

            // The softmax over the chosen is that over all, divided by the sum of the chosen.
            return new MixtureOfExperts(router, experts, NumExpertsPerTok, renormalise: true, HiddenSize);
        });
}
