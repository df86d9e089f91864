namespace LisaOrleans.Training;

/// <summary>What a part costs in a step, and what it sends and stores.</summary>
/// <param name="Name">The part.</param>
/// <param name="Forward">Multiply-adds for each token forward.</param>
/// <param name="Backward">Multiply-adds for each token backward, on average over the run.</param>
/// <param name="SumBytes">
/// Bytes of the gradient sums of what trains, in float32; 0 where nothing does. Of the embedding all rows, which is the most that is sent.
/// </param>
/// <param name="TrainedBytes">Bytes of its new weights after a step; 0 where nothing trains. Of the embedding all rows, too.</param>
/// <param name="WeightBytes">Bytes of its weights in the store.</param>
/// <param name="StateBytes">Bytes that a manifest writes of it: masters and optimizer state; 0 where nothing trains.</param>
public sealed record PartCost(
    string Name, double Forward, double Backward, double SumBytes, double TrainedBytes, double WeightBytes, double StateBytes)
{
    /// <summary>Whether it trains.</summary>
    public bool Trains => StateBytes > 0;
}
