using static TorchSharp.torch;

namespace LisaOrleans.Model;

/// <summary>The token embedding. Where embeddings are tied it also owns the matrix that the head multiplies by.</summary>
public sealed class EmbeddingPart : ModelPart
{
    private readonly TokenEmbedding _embedding;
    private readonly Dictionary<int, (Tensor Output, Tensor? Ids)> _outputs = [];

    // Of the micro-batches that have gone backward in the step, where the sums are for another replica: int64 [B, T].
    private readonly List<(int Lane, Tensor Ids)> _seen = [];

    /// <summary>Takes ownership of the weights, which are named as the family says.</summary>
    /// <remarks>A matrix that a tied head multiplies by rests in the compute dtype: no other shares the room to widen it.</remarks>
    public EmbeddingPart(ModelConfig config, PartDtypes dtypes, IPartOptimizer optimizer, IReadOnlyDictionary<string, Tensor> weights)
        : base(config, config.TieWordEmbeddings ? dtypes.Widened : dtypes, optimizer, config.EmbeddingSpecs(), weights)
    {
        _embedding = config.Embedding(WeightScope.Over(Parameters));
        if (config.TieWordEmbeddings) Matrix.CreateAlias();
    }

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
        var output_BTD = _embedding.Forward(ids_BT, context, Dtypes.Compute).DetachFromDisposeScope();
        if (!train || !Trainable) return output_BTD;

        _outputs.Add(index, (output_BTD, KeepsState ? null : ids_BT.alias().DetachFromDisposeScope()));
        return output_BTD.detach().DetachFromDisposeScope();
    }

    /// <summary>Backward pass of a micro-batch: collects the matrix's gradient. gradient [B, T, D]; not owned.</summary>
    public void Backward(int index, Tensor gradient_BTD)
    {
        if (!_outputs.Remove(index, out var pass)) return;
        if (pass.Ids is not null) _seen.Add((index % GradientLanes, pass.Ids));
        using (pass.Output)
        {
            BeforeBackward(index);
            autograd.backward([pass.Output], [gradient_BTD]);
        }
    }

    /// <inheritdoc/>
    /// <remarks>A sum of the tokens' use of the matrix is 0 in the rows of all others: it is sent as rows where those are fewer bytes.</remarks>
    public override IReadOnlyList<GradientSum> TakeGradientSums()
    {
        GradientSum[] sums = [.. base.TakeGradientSums().Select(s => s.Parameter == Matrix.Spec.Name && !s.OfAlias ? AsRows(s) : s)];
        ForgetSeen();
        return sums;
    }

    /// <inheritdoc/>
    public override void DiscardGradients()
    {
        base.DiscardGradients();
        ForgetSeen();
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
        foreach (var (output, ids) in _outputs.Values)
        {
            output.Dispose();
            ids?.Dispose();
        }

        _outputs.Clear();
    }

    // The rows are those that a token has seen, whatever their numbers are: a sum may be 0, or -0, there, too.
    private GradientSum AsRows(GradientSum whole)
    {
        var sum = whole.Sum;
        var rows = TableRows.Distinct(_seen.Where(s => s.Lane >> sum.Level == sum.Index).Select(s => s.Ids));
        var (width, size) = (sum.Value.shape[1], sum.Value.element_size());
        if (rows.Length == 0 || rows.Length * ((width * size) + sizeof(long)) >= sum.Value.numel() * size) return whole;
        using (whole)
        using (no_grad())
        using (NewDisposeScope())
        {
            var index = tensor(rows, device: sum.Value.device);
            var values = sum.Value.index_select(0, index).DetachFromDisposeScope();
            return whole with { Sum = sum with { Value = values }, Rows = index.DetachFromDisposeScope() };
        }
    }

    private void ForgetSeen()
    {
        foreach (var (_, ids) in _seen) ids.Dispose();
        _seen.Clear();
    }
}
