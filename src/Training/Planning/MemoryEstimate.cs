namespace LisaOrleans.Training;

/// <summary>Predicted bytes by kind, at the peak of a step.</summary>
/// <param name="Parameters">Parameters of the model.</param>
/// <param name="TrainableParameters">Parameters that train at one time (the most, over all choices of layers).</param>
/// <param name="Weights">All weights, apart from mapped files: what trains in the compute dtype, the rest in its form, and room to unpack it.</param>
/// <param name="Gradients">Gradients of what trains.</param>
/// <param name="OptimizerState">Master weights and moments of what trains.</param>
/// <param name="Activations">What one micro-batch keeps for its backward pass, and the logits of one chunk.</param>
public sealed record MemoryEstimate(
    long Parameters, long TrainableParameters, long Weights, long Gradients, long OptimizerState, long Activations)
{
    /// <summary>All kinds together.</summary>
    public long Total => checked(Weights + Gradients + OptimizerState + Activations);
}
