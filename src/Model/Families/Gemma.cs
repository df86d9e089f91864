namespace LisaOrleans.Model;

/// <summary>
/// Gemma (arXiv 2403.08295; Hugging Face: GemmaForCausalLM): Llama with GELU as the gate's activation, embeddings multiplied
/// by √D, and norms that multiply by 1 + weight.
/// </summary>
public sealed record Gemma : GemmaConfig
{
    internal Gemma(ConfigFields json)
        : base(json, maxPositions: 8192, keyValueHeads: 16)
    {
        // Files state hidden_act or hidden_activation or both. The first ones say gelu and mean tanh's approximation of it.
        if (json.Has("hidden_activation") || !json.Has("hidden_act")) return;
        var stated = json.Activation("hidden_act", HiddenAct);
        HiddenAct = stated == Activation.Gelu ? Activation.GeluTanh : stated;
    }

    internal override DecoderLayer Layer(int index, WeightScope scope) =>
        PreNormLayer(index, scope, Heads with { QkvBias = AttentionBias, OutputBias = AttentionBias });
}
