using static TorchSharp.torch;

namespace LisaOrleans.Model;

/// <summary>The token embedding. Where embeddings are tied it also owns the matrix that the head multiplies by.</summary>
public sealed class EmbeddingPart : ModelPart
{
    private readonly TokenEmbedding _embedding;

    // With the rows of the matrix that the micro-batch looked up, a leaf [N, D], and their numbers.
    private readonly Dictionary<int, (Tensor Output, Tensor Leaf, long[] Rows)> _outputs = [];

    /// <summary>Takes ownership of the weights, which are named as the family says.</summary>
    /// <remarks>A matrix that a tied head multiplies by rests in the compute dtype: no other shares the room to widen it.</remarks>
    public EmbeddingPart(ModelConfig config, PartDtypes dtypes, IPartOptimizer optimizer, IReadOnlyDictionary<string, Tensor> weights)
        : base(config, config.TieWordEmbeddings ? dtypes.Widened : dtypes, optimizer, config.EmbeddingSpecs(), weights)
    {
        _embedding = config.Embedding(WeightScope.Over(Parameters));
        if (config.TieWordEmbeddings) Matrix.CreateAlias();
    }

    /// <value>Whether <see cref="ModelConfig.PaddingRow"/> has no gradient from being looked up. Default false.</value>
    public bool NoPaddingGradient { get; init; }

    private Parameter Matrix => Parameters.Single(p => p.Spec.Name == _embedding.Matrix.Spec.Name);

    // A tied head uses all of the matrix.
    private protected override Parameter? TokenTable => Config.TieWordEmbeddings ? null : Matrix;

    /// <summary>The leaf that a tied head multiplies by; owned by this part.</summary>
    internal Tensor TiedMatrix => Matrix.Alias ?? throw new InvalidOperationException("embeddings are not tied");

    /// <summary>Call before a tied head's backward pass.</summary>
    /// <param name="index">The micro-batch's number.</param>
    internal void BeforeTiedBackward(int index)
    {
        if (Collects()) Matrix.BeforeAliasBackward(index % GradientLanes);
    }

    /// <summary>Refuses tokens that the matrix has no row for: libtorch would read beyond it, or a row that the owner has replaced.</summary>
    public void Check(IReadOnlyList<int> ids)
    {
        foreach (var id in ids)
        {
            if (id < 0 || id >= Config.VocabSize)
                throw new ArgumentOutOfRangeException(nameof(ids), $"token id {id} is outside the vocabulary of {Config.VocabSize}");
            if (!Matrix.HasNewest(id)) throw new InvalidOperationException($"the owner has not sent the new row of token id {id}");
        }
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
        if (!train || !Trainable) return _embedding.Forward(ids_BT, context, Dtypes.Compute).DetachFromDisposeScope();

        // A gradient of the whole matrix would be 0 in nearly all rows.
        var (rows, places_BT) = TableRows.Distinct(ids_BT);
        var leaf_ND = Matrix.Exact.detach().index_select(0, tensor(rows, device: ids_BT.device));
        leaf_ND.requires_grad = true;
        var output_BTD = _embedding.Forward(places_BT, context, Dtypes.Compute, leaf_ND).DetachFromDisposeScope();
        _outputs.Add(index, (output_BTD, leaf_ND.DetachFromDisposeScope(), rows));
        return output_BTD.detach().DetachFromDisposeScope();
    }

    /// <summary>Backward pass of a micro-batch: collects the matrix's gradient. gradient [B, T, D]; not owned.</summary>
    public void Backward(int index, Tensor gradient_BTD)
    {
        if (!_outputs.Remove(index, out var pass)) return;
        using (pass.Output)
        using (pass.Leaf)
        {
            BeforeBackward(index);
            autograd.backward([pass.Output], [gradient_BTD]);
            var gradient_ND = pass.Leaf.grad!.DetachFromDisposeScope();
            if (NoPaddingGradient && Config.PaddingRow is { } padding && Array.BinarySearch(pass.Rows, padding) is >= 0 and var place)
                Clear(gradient_ND, place);
            Matrix.AddRows(pass.Rows, gradient_ND);
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
        foreach (var (output, leaf, _) in _outputs.Values)
        {
            output.Dispose();
            leaf.Dispose();
        }

        _outputs.Clear();
    }

    private static void Clear(Tensor rows, int place)
    {
        using var row = rows[place];
        row.zero_();
    }
}
