using static TorchSharp.torch;

namespace LisaOrleans.Model;

/// <summary>The token embedding. Where embeddings are tied it also owns the matrix that the head multiplies with.</summary>
public sealed class EmbeddingPart : ModelPart
{
    private readonly Dictionary<int, Tensor> _outputs = [];

    /// <summary>Takes ownership of the weights, which are in the compute dtype and named as <see cref="PartSchema"/> says.</summary>
    public EmbeddingPart(ModelConfig config, PartDtypes dtypes, AdamWOptions options, IReadOnlyDictionary<string, Tensor> weights)
        : base(config, dtypes, options, PartSchema.Embedding(config), weights)
    {
        if (config.TieWordEmbeddings) Matrix.CreateAlias();
    }

    private Parameter Matrix => Parameters[0];

    /// <summary>The leaf that a tied head multiplies with; owned by this part.</summary>
    internal Tensor TiedMatrix => Matrix.Alias ?? throw new InvalidOperationException("embeddings are not tied");

    /// <summary>Call before a tied head's backward pass.</summary>
    internal void BeforeTiedBackward() => BeforeBackward();

    /// <summary>Forward pass.</summary>
    /// <param name="index">The micro-batch's number, for <see cref="Backward"/>.</param>
    /// <param name="ids_BT">int64 [B, T], all below the vocabulary's size; not owned.</param>
    /// <param name="train">Whether a backward pass will come.</param>
    /// <returns>[B, T, D]; the caller owns it.</returns>
    public Tensor Forward(int index, Tensor ids_BT, bool train)
    {
        using var mode = set_grad_enabled(train && Trainable);
        var output_BTD = Kernels.Embedding(Matrix.Value, ids_BT).DetachFromDisposeScope();
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
            BeforeBackward();
            autograd.backward([output_BTD], [gradient_BTD]);
        }
    }

    /// <inheritdoc/>
    public override void DiscardMicroBatches()
    {
        foreach (var output in _outputs.Values) output.Dispose();
        _outputs.Clear();
    }
}
