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
        // Files state hidden_act or hidden_activation or both. The first ones say gelu and mean tanh's approximation of it. Of
        // transformers' releases, some go by the one field and some by the other.
        const string Name = "hidden_act", Newer = "hidden_activation";
        if (json.IsOfRun && json.Has(Newer))
        {
            json.LetPass(Name);
            return;
        }

        var stated = json.Activation(Name, HiddenAct);
        var meant = stated == Activation.Gelu ? Activation.GeluTanh : stated;
        if (!json.Has(Name) || stated == HiddenAct || meant == HiddenAct) return;
        if (!json.Has(Newer)) HiddenAct = meant;
        else throw json.Wrong(Name, $"is '{json.Text(Name)}', but {Newer} is '{json.Text(Newer)}'; they must agree");
    }

    internal override DecoderLayer Layer(int index, WeightScope scope) =>
        PreNormLayer(index, scope, Heads with { QkvBias = AttentionBias, OutputBias = AttentionBias });
}
