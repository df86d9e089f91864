using System.Diagnostics;
using LisaOrleans.Training;

namespace LisaOrleans.Grains;

/// <content>How micro-batches go through the replicas.</content>
internal sealed partial class Pipeline
{
    /// <summary>The most micro-batches that are on their way at one time.</summary>
    public int InFlight => Enumerable.Range(0, stages.Replicas).Sum(stages.InFlightOf);

    /// <summary>Sends micro-batches through the parts; the results come in the same order.</summary>
    public async Task<MicroBatchResult[]> Run(
        long step, IReadOnlyList<MicroBatch> batches, bool train, double lossScale, CancellationToken cancellationToken)
    {
        using var failed = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var results = new MicroBatchResult[batches.Count];
        var order = GradientLanes.Order(batches.Count, GradientLanes.Of(plan.Spec)).ToLookup(ReplicaOf);
        var walked = WalkAll();
        await Task.WhenAll(from work in Exchange().Prepend(walked).Append(_publishing.WaitAsync(failed.Token)) select BreakOffOnFailure(work));
        if (!train) return results;
        Transfers.End(await walked);
        speeds.Add(stages.Stages.GroupBy(s => s.Replica).SelectMany(replica => Measured([.. replica], [.. order[replica.Key]], batches, results)));
        return results;

        // Returns when the last one is through.
        async Task<long> WalkAll()
        {
            int[] inFlight = [.. Enumerable.Range(0, stages.Replicas).Select(stages.InFlightOf)];
            await (train
                ? Task.WhenAll(inFlight.Select((room, r) => Walk(r, room, [.. order[r]])))
                : EvaluationWalk.Run(batches.Count, inFlight, (replica, index) => Send(replica, index, ordinal: index)));
            return Stopwatch.GetTimestamp();
        }

        async Task Walk(int replica, int inFlight, int[] own)
        {
            using var room = new SemaphoreSlim(inFlight);
            await Task.WhenAll(own.Select(One));

            async Task One(int index, int ordinal)
            {
                await room.WaitAsync(failed.Token);
                try
                {
                    await Send(replica, index, ordinal);
                }
                finally
                {
                    room.Release();
                }
            }
        }

        async Task Send(int replica, int index, int ordinal)
        {
            try
            {
                failed.Token.ThrowIfCancellationRequested();
                var call = Call(step, index, ordinal, batches[index], train, lossScale);
                results[index] = await _parts[0].Grains[replica].Run(call, failed.Token);
            }
            catch
            {
                await failed.CancelAsync();
                throw;
            }
        }

        IEnumerable<Task> Exchange() =>
            from part in train ? _trainable : []
            from replica in part.Others
            select part.SendGradients(generation, step, replica, order[replica].Count(), Transfers, failed.Token);

        async Task BreakOffOnFailure(Task work)
        {
            try
            {
                await work;
            }
            catch
            {
                await failed.CancelAsync();
                throw;
            }
        }
    }

    /// <summary>The call of the first part that sends a micro-batch on its way.</summary>
    public MicroBatchCall Call(long step, int index, int ordinal, MicroBatch batch, bool train, double lossScale) => new()
    {
        Generation = generation,
        Step = step,
        Index = index,
        Ordinal = ordinal,
        Train = train,
        LossScale = lossScale,
        Data = batch,
    };

    // Of the embedding's matrix, the rows that a replica's micro-batches use; null where it needs the part whole.
    private int[]? RowsOf(string part, int replica, IReadOnlyList<MicroBatch>? batches)
    {
        if (batches is null || part != PartName.Embedding || plan.Config.TieWordEmbeddings) return null;
        int[] rows = [.. batches.Where((_, i) => ReplicaOf(i) == replica).SelectMany(b => b.InputIds).Distinct().Order()];
        return rows.Length > 0 && rows.Length < plan.Config.VocabSize ? rows : null;
    }

    // What the stages of a replica did in a step. Where a device did not say how long it took, the micro-batch does not count.
    private IEnumerable<(string Silo, double Arithmetic, double Seconds)> Measured(
        SiloStage[] own, int[] order, IReadOnlyList<MicroBatch> batches, MicroBatchResult[] results) =>
        own.Select((stage, place) =>
        {
            var counted = order.Where(i => results[i].LayerSeconds is { } seconds && seconds.Length == own.Length && seconds[place] > 0).ToArray();
            var tokens = counted.Sum(i => (long)batches[i].BatchSize * batches[i].SequenceLength);
            return (stage.Silo, ArithmeticOf(stage) * tokens, counted.Sum(i => results[i].LayerSeconds![place]));
        });

    // The stages' multiply-adds for each token change with the period only.
    private double ArithmeticOf(SiloStage stage)
    {
        if (!_arithmetic.TryGetValue(stage.Silo, out var perToken))
            _arithmetic[stage.Silo] = perToken = SiloSpeeds.Arithmetic(plan.Config, plan.Spec, _period, stage.Parts);
        return perToken;
    }

    private int ReplicaOf(int microBatch) => stages.ReplicaOf(GradientLanes.LaneOf(microBatch, GradientLanes.Of(plan.Spec)));
}
