using static TorchSharp.torch;

namespace LisaOrleans.Model;

/// <summary>A decoder layer's tensors by role, from the list that <see cref="PartSchema.Layer"/> orders. Owns none of them.</summary>
internal sealed class DecoderLayerWeights
{
    public DecoderLayerWeights(ModelConfig config, IReadOnlyList<Tensor> weights)
    {
        var next = 0;
        InputNorm = Take();
        (Query, QueryBias) = (Take(), TakeIf(config.QkvBias));
        (Key, KeyBias) = (Take(), TakeIf(config.QkvBias));
        (Value, ValueBias) = (Take(), TakeIf(config.QkvBias));
        (Output, OutputBias) = (Take(), TakeIf(config.OutputBias));
        PostAttentionNorm = Take();
        (Gate, GateBias) = (Take(), TakeIf(config.MlpBias));
        (Up, UpBias) = (Take(), TakeIf(config.MlpBias));
        (Down, DownBias) = (Take(), TakeIf(config.MlpBias));

        Tensor Take() => weights[next++];
        Tensor? TakeIf(bool there) => there ? weights[next++] : null;
    }

    public Tensor InputNorm { get; }

    public Tensor Query { get; }

    public Tensor? QueryBias { get; }

    public Tensor Key { get; }

    public Tensor? KeyBias { get; }

    public Tensor Value { get; }

    public Tensor? ValueBias { get; }

    public Tensor Output { get; }

    public Tensor? OutputBias { get; }

    public Tensor PostAttentionNorm { get; }

    public Tensor Gate { get; }

    public Tensor? GateBias { get; }

    public Tensor Up { get; }

    public Tensor? UpBias { get; }

    public Tensor Down { get; }

    public Tensor? DownBias { get; }
}
