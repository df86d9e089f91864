using static TorchSharp.torch;

namespace LisaOrleans.Model;

/// <summary>The token embedding. Where embeddings are tied it also owns the matrix that the head multiplies by.</summary>
public sealed class EmbeddingPart : ModelPart
{
    private readonly TokenEmbedding _embedding;
    private readonly Dictionary<int, Tensor> _outputs = [];

    /// <summary>Takes ownership of the weights, which are named as the family says.</summary>
    /// <remarks>A matrix that a tied head multiplies by rests in the compute dtype: no other shares the room to widen it.</remarks>
    public EmbeddingPart(ModelConfig config, PartDtypes dtypes, IPartOptimizer optimizer, IReadOnlyDictionary<string, Tensor> weights)
        : base(config, config.TieWordEmbeddings ? dtypes.Widened : dtypes, optimizer, config.EmbeddingSpecs(), weights)
    {
        _embedding = config.Embedding(WeightScope.Over(Parameters));
        if (config.TieWordEmbeddings) Matrix.CreateAlias();
    }

    private Parameter Matrix => Parameters.Single(p => p.Spec.Name == _embedding.Matrix.Spec.Name);

    /// <summary>The leaf that a tied head multiplies by; owned by this part.</summary>
    internal Tensor TiedMatrix => Matrix.Alias ?? throw new InvalidOperationException("embeddings are not tied");

    /// <summary>Call before a tied head's backward pass.</summary>
    /// <param name="index">The micro-batch's number.</param>
    internal void BeforeTiedBackward(int index)
    {
        if (Collects()) Matrix.BeforeAliasBackward(index % GradientLanes);
    }

    /// <summary>Forward pass.</summary>
    /// <param name="index">The micro-batch's number, for <see cref="Backward"/>.</param>
    /// <param name="ids_BT">int64 [B, T], all below the vocabulary's size; not owned.</param>
    /// <param name="positions">Where the tokens of packed rows stand, else null; not owned.</param>
    /// <param name="train">Whether a backward pass will come.</param>
    /// <returns>[B, T, D]; the caller owns it.</returns>
    public Tensor Forward(int index, Tensor ids_BT, MicroBatchPositions? positions, bool train)
    {
        using var mode = set_grad_enabled(train && Trainable);
        using var scope = NewDisposeScope();
        var context = positions is null
            ? SequenceContext.Plain(ids_BT.device, ids_BT.shape[1])
            : SequenceContext.Packed(ids_BT.device, positions);
        var output_BTD = _embedding.Forward(ids_BT, context, Dtypes.Compute).DetachFromDisposeScope();
        if (!train || !Trainable) return output_BTD;

        _outputs.Add(index, output_BTD);
        return output_BTD.detach().DetachFromDisposeScope();
    }

    /// <summary>Backward pass of a micro-batch: collects the matrix's gradient. gradient [B, T, D]; not owned.</summary>
    public void Backward(int index, Tensor gradient_BTD)
    {
        if (!_outputs.Remove(index, out var output_BTD)) return;
        using (output_BTD)
        {
            BeforeBackward(index);
            autograd.backward([output_BTD], [gradient_BTD]);
        }
    }

    /// <summary>Embeds tokens that follow those of a layer's cache: ids [B, T] → [B, T, D], which the caller owns.</summary>
    internal Tensor Decode(Tensor ids_BT, KeyValueCache cache)
    {
        using var mode = no_grad();
        using var scope = NewDisposeScope();
        var context = SequenceContext.Plain(ids_BT.device, ids_BT.shape[1], cache);
        return _embedding.Forward(ids_BT, context, Dtypes.Compute).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override void DiscardMicroBatches()
    {
        foreach (var output in _outputs.Values) output.Dispose();
        _outputs.Clear();
    }
}
