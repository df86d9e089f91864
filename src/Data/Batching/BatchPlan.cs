namespace LisaOrleans.Data;

/// <summary>
/// Which rows each step trains on: a pure function of (seed, step). As in Hugging Face's Trainer an epoch is every row
/// once in a new order, and its last step takes what is left.
/// </summary>
public sealed class BatchPlan
{
    private readonly int _count;
    private readonly int _microBatch;
    private readonly int _batch;
    private readonly ulong _seed;
    private (int Epoch, int[] Order) _cached = (-1, []);

    /// <param name="count">Rows: samples, or packed blocks.</param>
    /// <param name="perDeviceBatchSize">Rows of a micro-batch.</param>
    /// <param name="gradientAccumulationSteps">Micro-batches of a step.</param>
    /// <param name="seed">Keys the orders.</param>
    /// <param name="maxSteps">Steps in all; null for epochs.</param>
    /// <param name="numTrainEpochs">Epochs; may be a fraction.</param>
    public BatchPlan(int count, int perDeviceBatchSize, int gradientAccumulationSteps, ulong seed, long? maxSteps, double numTrainEpochs)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        (_count, _microBatch, _seed) = (count, perDeviceBatchSize, seed);
        _batch = (int)Math.Min(count, (long)perDeviceBatchSize * gradientAccumulationSteps);
        StepsPerEpoch = (count + _batch - 1) / _batch;
        TotalSteps = maxSteps ?? Math.Max(1, (long)Math.Ceiling(numTrainEpochs * StepsPerEpoch));
    }

    /// <summary>Steps of the run.</summary>
    public long TotalSteps { get; }

    /// <summary>Steps of a pass over all rows.</summary>
    public long StepsPerEpoch { get; }

    /// <summary>The epoch of a step, from 0.</summary>
    public int EpochIndex(long step) => checked((int)((step - 1) / StepsPerEpoch));

    /// <summary>Epochs done after a step, as a fraction.</summary>
    public double Epoch(long step) => (double)step / StepsPerEpoch;

    /// <summary>The rows of each micro-batch of a step, counted from 1.</summary>
    public IReadOnlyList<int[]> MicroBatches(long step)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(step, 1);
        var first = (int)((step - 1) % StepsPerEpoch) * _batch;
        var rows = Order(EpochIndex(step)).AsSpan(first, Math.Min(_batch, _count - first)).ToArray();
        return [.. rows.Chunk(_microBatch)];
    }

    // Fisher and Yates' shuffle.
    private int[] Order(int epoch)
    {
        var cached = _cached;
        if (cached.Epoch == epoch) return cached.Order;
        var order = Enumerable.Range(0, _count).ToArray();
        var random = new CounterRandom(_seed, (ulong)epoch);
        for (var i = _count - 1; i > 0; i--)
        {
            var other = random.NextInt(i + 1);
            (order[i], order[other]) = (order[other], order[i]);
        }

        _cached = (epoch, order);
        return order;
    }
}
