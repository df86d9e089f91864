using LisaOrleans.Checkpoints;
using LisaOrleans.Data;
using LisaOrleans.Model;

namespace LisaOrleans.Training;

/// <summary>
/// How well the models of a run do on evaluation data, as the run's objective sees it: the mean loss of a label, or where the run learns
/// from pairs of answers, that of a pair.
/// </summary>
public sealed class RunEvaluation
{
    private const int SamplesAtOneTime = 8;

    private readonly TokenizedDataset _data;
    private readonly IPairLoss? _pairLoss;
    private readonly MicroBatchBuilder _builder;
    private readonly IReadOnlyList<int[]> _batches;
    private double[]? _reference;

    private RunEvaluation(TrainingSpec spec, TokenizedDataset data)
    {
        (_data, _pairLoss) = (data, Objectives.PairLoss(spec));
        _builder = new MicroBatchBuilder(data, null, spec.PadTokenId, pairs: _pairLoss is not null);
        _batches = _pairLoss is null ? [] : BatchPlans.InOrder(spec, data.Count);
    }

    /// <summary>
    /// Prepares it. Where answers are compared with those of the model that the run began with, that model's log probabilities are found
    /// in the store, or made by it. The store is only read.
    /// </summary>
    /// <param name="store">The run's store.</param>
    /// <param name="manifest">The run's last manifest.</param>
    /// <param name="data">The data: pairs, where the run learns from pairs. Must live as long as this.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="InvalidDataFileException">The model that the run began with is needed, and not kept.</exception>
    public static async Task<RunEvaluation> PrepareAsync(
        IBlobStore store, Manifest manifest, TokenizedDataset data, CancellationToken cancellationToken)
    {
        var spec = await RunFiles.ReadSpecAsync(store, manifest, cancellationToken);
        var evaluation = new RunEvaluation(spec, data);
        if (evaluation._pairLoss is { NeedsReference: true })
            evaluation._reference = await evaluation.FindReferenceAsync(store, manifest, spec, cancellationToken);
        return evaluation;
    }

    /// <summary>The mean loss in nats; NaN where there is nothing to score.</summary>
    /// <param name="model">One of the run's models.</param>
    /// <param name="cancellationToken">Stops between two passes.</param>
    public double MeanLoss(CausalLanguageModel model, CancellationToken cancellationToken)
    {
        if (_pairLoss is null) return ModelScore.Of(model, _data, SamplesAtOneTime, null, cancellationToken).MeanLoss;
        var means = new PairMeans(_pairLoss);
        foreach (var (batch, logProbs) in Scored(model, _reference, cancellationToken)) means.Add(batch, logProbs);
        return means.Loss;
    }

    private IEnumerable<(MicroBatch Batch, double[] LogProbs)> Scored(
        CausalLanguageModel model, double[]? reference, CancellationToken cancellationToken)
    {
        foreach (var rows in _batches)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var batch = _builder.Build(rows, reference);
            yield return (batch, model.LogProbs(batch.BatchSize, batch.SequenceLength, batch.InputIds, batch.Labels));
        }
    }

    private async Task<double[]> FindReferenceAsync(
        IBlobStore store, Manifest manifest, TrainingSpec spec, CancellationToken cancellationToken)
    {
        var (cache, content) = (new ReferenceCache(store), DatasetStorage.ToBlob(_data));
        var data = new BlobRef(content.Sha256, content.Length);

        // Models are evaluated with exact weights, on this processor: only numbers that were made so are comparable.
        var (_, config) = await RunFiles.ReadConfigAsync(store, manifest, cancellationToken);
        var comparable = WeightForms.Of(spec).IsExact
            && RunDtypes.Of(spec).Compute == RunDtypes.OfAnswers(spec.Dtype, config, spec.ComputeDtype).Compute;
        if (comparable && data == manifest.EvalDataset && manifest.EvalReferenceLogProbs is { } named)
            return await cache.ReadAsync(named, cancellationToken);
        var beginning = await RunFork.FindBeginningAsync(store, manifest, cancellationToken) ?? throw new InvalidDataFileException(
            $"run '{manifest.Run}'", "does not keep its manifest of step 0, with whose model its answers are compared; train with "
                + "--keep-manifests all, every:K or base");
        if (comparable)
        {
            var key = ReferenceCache.Key(beginning, spec, data, [DeviceKind.Of(TorchSharp.torch.CPU)]);
            var (known, _, _) = await cache.FindAsync(key, cancellationToken);
            if (known.Length == _data.Count) return known;
        }

        var found = await RunModel.FindAsync(store, ManifestAddress.At(beginning.Run, beginning.Step), cancellationToken)
            ?? throw new InvalidDataFileException(store.Location, $"has no manifest of step {beginning.Step} of run '{beginning.Run}'");
        using var model = await found.LoadAsync(cancellationToken);
        return [.. Scored(model, null, cancellationToken).SelectMany(s => s.LogProbs)];
    }
}
