using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace LisaOrleans.Model;

/// <summary>
/// Final norm, LM head and loss. Forward and backward in one go, over only those positions that have a label, and in
/// chunks of positions, so that the logits of a long micro-batch never exist at once.
/// </summary>
public sealed partial class HeadPart : ModelPart
{
    private const int IgnoreIndex = -100;

    /// <summary>Logits of one chunk take at most this many float32 numbers (256 MB), whatever the vocabulary.</summary>
    public const long ChunkLogits = 64L << 20;

    private readonly OutputHead _head;
    private readonly Func<EmbeddingPart>? _tied;

    /// <summary>Takes ownership of the weights, which are named as the family says.</summary>
    /// <remarks>They rest in the compute dtype: no other part shares the room to widen the matrix.</remarks>
    /// <param name="config">The model's shape.</param>
    /// <param name="dtypes">Number formats.</param>
    /// <param name="optimizer">How the part is updated while it trains.</param>
    /// <param name="weights">By name.</param>
    /// <param name="tied">Where embeddings are tied: finds the part that owns the matrix, on the same device.</param>
    public HeadPart(
        ModelConfig config, PartDtypes dtypes, IPartOptimizer optimizer, IReadOnlyDictionary<string, Tensor> weights,
        Func<EmbeddingPart>? tied)
        : base(config, dtypes.Widened, optimizer, config.HeadSpecs(), weights)
    {
        _head = config.Head(WeightScope.Over(Parameters));
        if (config.TieWordEmbeddings && tied is null)
            throw new ArgumentException("tied embeddings need the embedding part", nameof(tied));
        _tied = config.TieWordEmbeddings ? tied : null;
    }

    // Tests have small chunks.
    internal long LogitsOfChunk { private get; init; } = ChunkLogits;

    private Tensor? TiedMatrix => _tied?.Invoke().TiedMatrix;

    /// <summary>Loss and, in training, gradients of one micro-batch.</summary>
    /// <param name="index">The micro-batch's number.</param>
    /// <param name="input_BTD">[B, T, D]; the part takes ownership.</param>
    /// <param name="labels">The token each position is to predict, [B, T] row-major; -100 for none.</param>
    /// <param name="weights">What the loss of each label is multiplied by, [B, T] row-major; null for 1.</param>
    /// <param name="lossScale">What the summed loss is multiplied by before the backward pass.</param>
    /// <param name="train">Whether to run the backward pass.</param>
    /// <param name="inputGradient">Whether the gradient of the input is wanted.</param>
    public HeadResult Run(int index, Tensor input_BTD, int[] labels, float[]? weights, double lossScale, bool train, bool inputGradient) =>
        Run(index, input_BTD, labels, train, inputGradient, (hidden_ND, rows, targets_N, backward) =>
        {
            var sum = weights is null
                ? LossOfChunks(hidden_ND, targets_N, lossScale, backward)
                : WeightedLossOfChunks(hidden_ND, targets_N, Array.ConvertAll(rows, r => weights[r]), lossScale, backward);
            return new HeadResult(sum, rows.Length, null);
        });

    // The loss gets the normalised hidden states of the rows that have labels, as a leaf whose gradient it is to leave behind.
    private HeadResult Run(
        int index, Tensor input_BTD, int[] labels, bool train, bool inputGradient, Func<Tensor, long[], Tensor, bool, HeadResult> loss)
    {
        using (input_BTD)
        using (var scope = NewDisposeScope())
        {
            var rows = Enumerable.Range(0, labels.Length).Where(i => labels[i] != IgnoreIndex).Select(i => (long)i).ToArray();
            if (rows.Length == 0)
                return new HeadResult(0, 0, inputGradient && train ? zeros_like(input_BTD).DetachFromDisposeScope() : null);

            var tied = _tied?.Invoke();
            var trains = Trainable || tied?.Trainable == true;
            var backward = train && (trains || inputGradient);
            using var mode = set_grad_enabled(backward);

            input_BTD.requires_grad = backward && inputGradient;
            var rows_N = tensor(rows, device: input_BTD.device);
            var targets_N = tensor(rows.Select(i => (long)labels[i]).ToArray(), device: input_BTD.device);
            var hidden_ND = _head.Normalise(input_BTD.view(-1, Config.HiddenSize).index_select(0, rows_N));

            if (backward)
            {
                BeforeBackward(index);
                tied?.BeforeTiedBackward(index);
            }

            var leaf_ND = hidden_ND.detach();
            leaf_ND.requires_grad = backward;
            var result = loss(leaf_ND, rows, targets_N, backward);
            if (backward && (inputGradient || Trainable)) autograd.backward([hidden_ND], [leaf_ND.grad!]);
            return result with { Gradient = backward && inputGradient ? input_BTD.grad!.DetachFromDisposeScope() : null };
        }
    }

    /// <summary>Logits of given positions: hidden [N, D] → [N, V], in float32.</summary>
    internal Tensor Logits(Tensor hidden_ND)
    {
        using var mode = no_grad();
        return _head.Logits(_head.Normalise(hidden_ND), TiedMatrix);
    }

    private double LossOfChunks(Tensor hidden_ND, Tensor targets_N, double lossScale, bool backward)
    {
        var sum = 0.0;
        foreach (var (start, length) in Chunks(targets_N))
        {
            using var scope = NewDisposeScope();
            var loss = LossOf(hidden_ND.narrow(0, start, length), targets_N.narrow(0, start, length));
            if (backward) loss.Times(lossScale).backward();
            sum += loss.item<float>();
        }

        return sum;
    }

    // Each label's cross-entropy is followed back by its share; products and sums of weights are in double.
    private double WeightedLossOfChunks(Tensor hidden_ND, Tensor targets_N, float[] weights, double lossScale, bool backward)
    {
        var sum = 0.0;
        foreach (var (start, length) in Chunks(targets_N))
        {
            using var scope = NewDisposeScope();
            var own = weights.AsSpan((int)start, (int)length).ToArray();
            var losses_N = CrossEntropies(hidden_ND, targets_N, start, length);
            if (backward)
                autograd.backward([losses_N], [tensor(Array.ConvertAll(own, w => (float)(lossScale * w)), device: hidden_ND.device)]);
            var losses = losses_N.detach().cpu().data<float>().ToArray();
            for (var i = 0; i < own.Length; i++) sum += (double)own[i] * losses[i];
        }

        return sum;
    }

    private IEnumerable<(long Start, long Length)> Chunks(Tensor targets_N)
    {
        var (count, size) = (targets_N.shape[0], Math.Max(1, LogitsOfChunk / Config.VocabSize));
        for (long start = 0; start < count; start += size) yield return (start, Math.Min(size, count - start));
    }

    // Logits are the largest tensors of all. Autograd keeps their logarithms, so they are freed before the backward pass.
    private Tensor LossOf(Tensor hidden_ND, Tensor targets_N)
    {
        using var logits_NV = _head.Logits(hidden_ND, TiedMatrix);
        return F.cross_entropy(logits_NV, targets_N, reduction: nn.Reduction.Sum);
    }
}
