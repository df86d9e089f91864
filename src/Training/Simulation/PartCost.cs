namespace LisaOrleans.Training;

/// <summary>What a part costs in a step, and what it sends and stores.</summary>
/// <param name="Name">The part.</param>
/// <param name="Forward">Multiply-adds for each token forward.</param>
/// <param name="Backward">Multiply-adds for each token backward, on average over the run.</param>
/// <param name="SumBytes">
/// Bytes of the gradient sums of what trains, in float32; 0 where nothing does. With all rows of <see cref="Table"/>.
/// </param>
/// <param name="TrainedBytes">Bytes of its new weights after a step; 0 where nothing trains. With all rows, too.</param>
/// <param name="WeightBytes">Bytes of its weights in the store.</param>
/// <param name="StateBytes">Bytes that a manifest writes of it: masters and optimizer state; 0 where nothing trains.</param>
public sealed record PartCost(
    string Name, double Forward, double Backward, double SumBytes, double TrainedBytes, double WeightBytes, double StateBytes)
{
    /// <value>The matrix of which only some rows are exchanged; null (default) where there is none.</value>
    public TokenTable? Table { get; init; }

    /// <value>Whether only an adapter of it trains: every replica then reads all that trains from the manifest. Default false.</value>
    public bool HasAdapter { get; init; }

    /// <summary>Whether it trains.</summary>
    public bool Trains => StateBytes > 0;

    /// <summary>Bytes of a sum that is sent to the part's owner.</summary>
    /// <param name="tokens">Tokens that it is of.</param>
    public double SumOf(long tokens) => SumBytes - (Table?.SavedOfSum(tokens) ?? 0);

    /// <summary>Bytes of new weights that the owner sends a replica.</summary>
    /// <param name="tokens">The replica's tokens of the next step.</param>
    public double WeightsFor(long tokens) => TrainedBytes - (Table?.SavedOfWeights(tokens) ?? 0);
}
