using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace LisaOrleans.Model;

/// <content>Losses over pairs of answers.</content>
public sealed partial class HeadPart
{
    /// <summary>
    /// Loss and, in training, gradients of a micro-batch of pairs: row 0 is chosen and row 1 rejected, and so on. A pair's loss depends
    /// on all logits of both rows, so log probabilities are summed first; then the logits are computed again, and each token's
    /// cross-entropy is followed back with the weight that the loss gives its row. A pair without labels in both rows counts for nothing.
    /// </summary>
    /// <param name="index">The micro-batch's number.</param>
    /// <param name="input_BTD">[B, T, D], B even; the part takes ownership.</param>
    /// <param name="labels">The token each position is to predict, [B, T] row-major; -100 for none.</param>
    /// <param name="loss">The loss; null to sum log probabilities only.</param>
    /// <param name="reference">The summed log probabilities that the run began with, [B]; null where the loss needs none.</param>
    /// <param name="lossScale">What the summed loss is multiplied by before the backward pass.</param>
    /// <param name="train">Whether to run the backward pass.</param>
    /// <param name="inputGradient">Whether the gradient of the input is wanted.</param>
    public HeadResult RunPairs(
        int index, Tensor input_BTD, int[] labels, IPairLoss? loss, double[]? reference, double lossScale, bool train, bool inputGradient)
    {
        var (count, length) = ((int)input_BTD.shape[0], (int)input_BTD.shape[1]);
        var (logProbs, tokens) = (new double[count], new int[count]);
        var result = Run(index, input_BTD, labels, train && loss is not null, inputGradient, (hidden_ND, rows, targets_N, backward) =>
        {
            AddLogProbs(hidden_ND, targets_N, rows, length, logProbs);
            foreach (var row in rows) tokens[row / length]++;
            if (loss is null) return new HeadResult(0, 0, null);
            var (sum, pairs, weights) = Weigh(loss, logProbs, tokens, reference);
            if (backward) Follow(hidden_ND, targets_N, [.. rows.Select(r => (float)(lossScale * weights[r / length]))]);
            return new HeadResult(sum, pairs, null);
        });
        return result with { LogProbs = logProbs };
    }

    // The weight of a row is how the loss grows with its cross-entropy, which is the log probability's negative.
    private static (double Sum, int Pairs, double[] Weights) Weigh(IPairLoss loss, double[] logProbs, int[] tokens, double[]? reference)
    {
        var (sum, pairs, weights) = (0.0, 0, new double[logProbs.Length]);
        for (var row = 0; row < logProbs.Length; row += 2)
        {
            if (tokens[row] == 0 || tokens[row + 1] == 0) continue;
            var pair = loss.Of(Answer(row), Answer(row + 1));
            (weights[row], weights[row + 1]) = (-pair.ChosenSlope, -pair.RejectedSlope);
            sum += pair.Loss;
            pairs++;
        }

        return (sum, pairs, weights);

        AnswerLogProbs Answer(int row) => new(logProbs[row], tokens[row], reference?[row] ?? 0);
    }

    private void AddLogProbs(Tensor hidden_ND, Tensor targets_N, long[] rows, int length, double[] logProbs)
    {
        using var mode = no_grad();
        foreach (var (start, count) in Chunks(targets_N))
        {
            using var scope = NewDisposeScope();
            var losses = CrossEntropies(hidden_ND, targets_N, start, count).cpu().data<float>().ToArray();
            for (var i = 0; i < losses.Length; i++) logProbs[rows[start + i] / length] -= losses[i];
        }
    }

    private void Follow(Tensor hidden_ND, Tensor targets_N, float[] weights)
    {
        foreach (var (start, count) in Chunks(targets_N))
        {
            using var scope = NewDisposeScope();
            var weights_N = tensor(weights.AsSpan((int)start, (int)count).ToArray(), device: hidden_ND.device);
            autograd.backward([CrossEntropies(hidden_ND, targets_N, start, count)], [weights_N]);
        }
    }

    private Tensor CrossEntropies(Tensor hidden_ND, Tensor targets_N, long start, long count)
    {
        using var logits_NV = _head.Logits(hidden_ND.narrow(0, start, count), TiedMatrix);
        return F.cross_entropy(logits_NV, targets_N.narrow(0, start, count), reduction: nn.Reduction.None);
    }
}
